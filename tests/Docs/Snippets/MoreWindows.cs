using OrleansStream.State;

namespace OrleansStream.Docs.MoreWindows;

internal sealed record View(string User, string Page, DateTimeOffset Time, int TimeoutMinutes);

internal sealed record Order(string Id, decimal Amount);

internal sealed record Paid(string OrderId, decimal Amount);

internal readonly struct Views : IAggregate<View, long, long>
{
    public long Create() => 0;

    public void Add(ref long count, in View view) => count++;

    public void Merge(ref long into, in long from) => into += from;

    public long Result(in long count) => count;
}

#region window-function
internal sealed class Pages : WindowFunction<string, View, string>
{
    private ValueState<int> _firings = null!;

    public override void Open(WindowOpenContext context) => _firings = context.WindowState.Value<int>("firings");

    public override void Process(WindowContext<string> context, IReadOnlyList<View> records, Output<string> output)
    {
        _firings.Set(_firings.GetOr(0) + 1);
        output.Emit($"{context.Key} from {context.Window.StartTime}, update {_firings.GetOr(0)}: {string.Join(' ', records.Select(v => v.Page))}");
    }
}
#endregion

#region custom-trigger
internal sealed class OnPage(string page) : Trigger<View>
{
    public override TriggerResult OnRecord(in View value, long timestamp, TriggerContext context) =>
        value.Page == page ? TriggerResult.FireAndPurge : TriggerResult.Continue;

    public override TriggerResult OnTime(in FiredTimer timer, TriggerContext context) => TriggerResult.Continue;
}
#endregion

internal static class WindowPage
{
    public static void Define(DataStream<View> views, DataStream<Order> orders, DataStream<Paid> payments)
    {
        #region sessions
        views.KeyBy(v => v.User)
            .Window(SessionWindows.WithGap(TimeSpan.FromMinutes(30)))
            .Aggregate(new Views(), (window, user, count) => $"{user} from {window.StartTime}: {count} views").WithUid("sessions")
            .Print();

        views.KeyBy(v => v.User)
            .Window(SessionWindows.WithGap<View>(v => TimeSpan.FromMinutes(v.TimeoutMinutes)))       // each record says how long it lasts
            .Process(new LastPage()).WithUid("last-pages")
            .Print();
        #endregion

        #region other-windows
        views.KeyBy(v => v.User).CountWindow(100).Aggregate(new Views());                            // each 100 records
        views.KeyBy(v => v.User).CountWindow(100, slide: 10).Process(new LastPage());                // the last 100 at every 10th
        views.WindowAll(TumblingWindows.Of(TimeSpan.FromHours(1))).Aggregate(new Views(), (window, count) => count);
        views.KeyBy(v => v.User).Window(TumblingWindows.Of(TimeSpan.FromMinutes(1)).InProcessingTime()).Aggregate(new Views());
        #endregion

        #region triggers
        views.KeyBy(v => v.User)
            .Window(TumblingWindows.Of(TimeSpan.FromDays(1)))
            .Trigger(Trigger.EventTime().WithEarly(TimeSpan.FromSeconds(10)).WithLate(count: 100))
            .AllowLateness(TimeSpan.FromHours(1))
            .Accumulating()
            .Process(new Pages()).WithUid("pages")
            .Print();
        #endregion

        #region evictors
        views.KeyBy(v => v.User)
            .Window(GlobalWindows.Create())
            .Trigger(new OnPage("checkout"))
            .Evict(Evictor.Time<View>(TimeSpan.FromMinutes(10)))
            .Process(new LastPage()).WithUid("before-checkout")
            .Print();
        #endregion

        #region joins
        orders.Join(payments).On(o => o.Id, p => p.OrderId)
            .Between(TimeSpan.Zero, TimeSpan.FromHours(1))
            .Select((order, paid) => $"{order.Id}: {paid.Amount} of {order.Amount}").WithUid("paid")
            .Print();

        orders.Join(payments).On(o => o.Id, p => p.OrderId)
            .Window(TumblingWindows.Of(TimeSpan.FromHours(1)))
            .CoGroup<string>((context, ordered, paid, output) =>
            {
                if (paid.Count == 0)
                {
                    output.Emit($"{context.Key}: nothing paid");
                }
            }).WithUid("unpaid")
            .Print();
        #endregion
    }

    private sealed class LastPage : WindowFunction<string, View, string>
    {
        public override void Process(WindowContext<string> context, IReadOnlyList<View> records, Output<string> output) => output.Emit(records[^1].Page);
    }
}
