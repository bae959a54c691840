using OrleansStream.State;

namespace OrleansStream.Docs.Functions;

public sealed record Payment(string Card, long Time, decimal Amount, string Country);

public sealed record Alert(string Card, string Reason, long Time);

public sealed record Rule(string Card, decimal Limit);

internal static class Chains
{
    public static void Simple(DataStream<string> lines, DataStream<Payment> payments, DataStream<Payment> others)
    {
        #region simple-operators
        lines.Map(line => line.Trim())
            .Filter(line => line.Length > 0)
            .FlatMap((in string line, Output<string> words) =>
            {
                foreach (string word in line.Split(' '))
                {
                    words.Emit(word);
                }
            });

        payments.Union(others)                                       // same type; the order between them is open
            .KeyBy(p => p.Card)                                      // from here on: keyed state, timers, windows
            .Reduce((a, b) => a.Amount >= b.Amount ? a : b)          // emits the largest so far, for each record
            .WithName("largest").WithUid("largest").WithParallelism(4);
        #endregion
    }

    public static void Connected(DataStream<Payment> payments, DataStream<Rule> rules)
    {
        #region connect
        payments.KeyBy(p => p.Card)
            .Connect(rules.KeyBy(r => r.Card))
            .Process(new ApplyLimit()).WithUid("limits");
        #endregion
    }
}

#region keyed-function
public sealed class TwoCountries : KeyedProcessFunction<string, Payment, Alert>
{
    private static readonly long s_hour = (long)TimeSpan.FromHours(1).TotalMilliseconds;
    private ValueState<Payment> _last = null!;

    public override void Open(OpenContext context) => _last = context.State.Value<Payment>("last");

    public override void Process(in Payment payment, KeyedContext<string> context, Output<Alert> output)
    {
        if (_last.TryGet(out Payment? previous))
        {
            context.Timers.DeleteEventTime(previous.Time + s_hour);
            if (previous.Country != payment.Country)
            {
                output.Emit(new Alert(context.Key, $"{previous.Country} and {payment.Country} within an hour", payment.Time));
            }
        }

        _last.Set(payment);
        context.Timers.RegisterEventTime(payment.Time + s_hour);
    }

    public override void OnTimer(in FiredTimer timer, KeyedContext<string> context, Output<Alert> output) => _last.Clear();
}
#endregion

#region co-function
public sealed class ApplyLimit : KeyedCoProcessFunction<string, Payment, Rule, Alert>
{
    private ValueState<decimal> _limit = null!;

    public override void Open(OpenContext context) => _limit = context.State.Value<decimal>("limit");

    public override void Process1(in Payment payment, KeyedContext<string> context, Output<Alert> output)
    {
        if (_limit.TryGet(out decimal limit) && payment.Amount > limit)
        {
            output.Emit(new Alert(context.Key, $"more than {limit}", payment.Time));
        }
    }

    public override void Process2(in Rule rule, KeyedContext<string> context, Output<Alert> output) => _limit.Set(rule.Limit);
}
#endregion
