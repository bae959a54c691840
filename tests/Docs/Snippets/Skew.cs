namespace OrleansStream.Docs.Skew;

internal sealed record View(string Page, long Time, int Bytes);

internal readonly struct Traffic : IAggregate<View, (long Views, long Bytes), (long Views, long Bytes)>
{
    public (long Views, long Bytes) Create() => default;

    public void Add(ref (long Views, long Bytes) sum, in View view) => sum = (sum.Views + 1, sum.Bytes + view.Bytes);

    public void Merge(ref (long Views, long Bytes) into, in (long Views, long Bytes) from) => into = (into.Views + from.Views, into.Bytes + from.Bytes);

    public (long Views, long Bytes) Result(in (long Views, long Bytes) sum) => sum;
}

internal static class Job
{
    public static void Define(DataStream<View> views)
    {
        #region combine
        views.KeyBy(v => v.Page)
            .Window(TumblingWindows.Of(TimeSpan.FromMinutes(1)))
            .CombineLocally()
            .Aggregate(new Traffic(), (window, page, sum) => $"{window.StartTime} {page}: {sum.Views} views, {sum.Bytes} bytes").WithUid("traffic")
            .Print();

        views.WindowAll(TumblingWindows.Of(TimeSpan.FromMinutes(1)))                                       // all on one subtask: the hottest of all keys
            .CombineLocally()
            .Aggregate(new Traffic(), (window, sum) => $"{window.StartTime}: {sum.Views} views").WithUid("all-traffic")
            .Print();

        views.KeyBy(v => v.Page)
            .CombineLocally(new CombineOptions { Capacity = 10_000, MaxDelay = TimeSpan.FromMilliseconds(50) })
            .Aggregate(new Traffic(), (page, sum) => $"{page}: {sum.Views} views so far").WithUid("totals")
            .Print();
        #endregion

        #region salt
        views.KeyBy(v => v.Page)
            .Window(TumblingWindows.Of(TimeSpan.FromMinutes(1)))
            .Salt(16, uid: "traffic-parts")
            .Aggregate(new Traffic(), (window, page, sum) => $"{window.StartTime} {page}: {sum.Views} views").WithUid("salted-traffic")
            .Print();
        #endregion
    }
}
