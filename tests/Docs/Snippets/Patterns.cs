using OrleansStream.Docs.Functions;
using OrleansStream.Hosting;
using OrleansStream.State;

namespace OrleansStream.Docs.Patterns;

internal static class PatternJobs
{
    private static readonly OutputTag<PatternMatch<Payment>> s_unfinished = new("unfinished");

    public static void Tested(DataStream<Payment> payments)
    {
        #region pattern
        Pattern<Payment> tested = Pattern.Begin<Payment>("small").Where(p => p.Amount < 2).Times(3).Consecutive()
            .Next("large").Where((p, match) => p.Amount > 100 * match["small"].Average(s => s.Amount))
            .Within(TimeSpan.FromMinutes(10));

        OperatorStream<Alert> alerts = payments.KeyBy(p => p.Card)
            .Match(tested, AfterMatch.SkipPastLastEvent)
            .SideOutputTimedOut(s_unfinished)
            .Select(match => new Alert(match["large"][0].Card, $"{match["large"][0].Amount} after three small ones", match["large"][0].Time))
            .WithUid("tested-cards");

        alerts.Print();
        alerts.GetSideOutput(s_unfinished).Map(partial => $"no large one after {partial}").Print();
        #endregion
    }

    public static void Absent(DataStream<Payment> payments)
    {
        #region absence
        payments.KeyBy(p => p.Card)
            .Match(Pattern.Begin<Payment>("abroad").Where(p => p.Country != "DE")
                .NotFollowedBy("home").Where(p => p.Country == "DE")
                .Within(TimeSpan.FromDays(30)))
            .Process<Alert>((card, match, output) => output.Emit(new Alert(card, "has not come home", match["abroad"][0].Time)))
            .WithUid("abroad");
        #endregion
    }

    public static void Grouped(DataStream<Payment> payments)
    {
        #region group
        Pattern<Payment> thereAndBack = Pattern.Begin<Payment>("there").Where(p => p.Country == "FR").FollowedBy("back").Where(p => p.Country == "DE");

        payments.KeyBy(p => p.Card)
            .Match(Pattern.Begin(thereAndBack).Times(2).FollowedBy("then").Within(TimeSpan.FromDays(1)))
            .Select(match => match.ToString());
        #endregion
    }

    public static void Limits(DataStream<Payment> payments, DataStream<Rule> rules)
    {
        #region broadcast
        payments.KeyBy(p => p.Card)
            .ConnectBroadcast(rules)
            .Process(new Limits()).WithUid("limits");
        #endregion
    }

    public static void Joined(DataStream<Payment> payments, DataStream<Rule> rules)
    {
        #region anytime
        payments.Join(rules).On(p => p.Card, r => r.Card)
            .Anytime(keepFor: TimeSpan.FromDays(1))
            .Select((payment, rule) => $"{payment.Amount} of {rule.Limit}").WithUid("payments-with-rules");
        #endregion
    }
}

#region broadcast-function
public sealed class Limits : KeyedBroadcastFunction<string, Payment, Rule, Alert>
{
    private BroadcastState<string, Rule> _rules = null!;

    public override void Open(OpenContext context) => _rules = context.State.Broadcast<string, Rule>("rules");

    public override void ProcessBroadcast(in Rule rule, FunctionContext context, Output<Alert> output) => _rules.Set(rule.Card, rule);

    public override void Process(in Payment payment, KeyedContext<string> context, Output<Alert> output)
    {
        if (_rules.TryGet(context.Key, out Rule? rule) && payment.Amount > rule.Limit)
        {
            output.Emit(new Alert(context.Key, "over the limit", payment.Time));
        }
    }
}
#endregion

internal sealed class Fresh : KeyedProcessFunction<string, Payment, Alert>
{
    private ValueState<Payment> _last = null!;

    #region time-to-live
    public override void Open(OpenContext context) =>
        _last = context.State.Value<Payment>("last", new StateOptions { Ttl = TimeSpan.FromDays(1), TtlUpdate = TtlUpdate.OnReadAndWrite });
    #endregion

    public override void Process(in Payment value, KeyedContext<string> context, Output<Alert> output) => _last.Set(value);
}
