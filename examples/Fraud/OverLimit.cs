using OrleansStream.State;

namespace OrleansStream.Examples.Fraud;

/// <summary>
/// Compares what a card spent in a minute with the limit of its class. The two inputs are not in step, so a minute waits for the watermark, which is the smaller one of both: by then all limits that
/// were in force have come.
/// </summary>
internal sealed class OverLimit : KeyedBroadcastFunction<string, MinuteSpend, SpendLimit, Alert>
{
    private const long MinuteMs = 60_000;
    private ListState<MinuteSpend> _waiting = null!;
    private BroadcastState<(string Class, long From), double> _limits = null!;

    public override void Open(OpenContext context)
    {
        _waiting = context.State.List<MinuteSpend>("waiting");
        _limits = context.State.Broadcast<(string Class, long From), double>("limits");
    }

    public override void ProcessBroadcast(in SpendLimit limit, FunctionContext context, Output<Alert> output) => _limits.Set((limit.Class, limit.From), limit.PerMinute);

    public override void Process(in MinuteSpend minute, KeyedContext<string> context, Output<Alert> output)
    {
        _waiting.Add(minute);
        context.Timers.RegisterEventTime(context.Timestamp);
    }

    public override void OnTimer(in FiredTimer timer, KeyedContext<string> context, Output<Alert> output)
    {
        List<MinuteSpend> later = [];
        foreach (MinuteSpend minute in _waiting.Get())
        {
            if (minute.Minute + MinuteMs - 1 > timer.Time)
            {
                later.Add(minute);
            }
            else if (minute.Total > LimitOf(minute))
            {
                output.Emit(new Alert(minute.Card, FraudKinds.Spend, minute.Minute));
            }
        }

        _waiting.Update(later);
    }

    private double LimitOf(MinuteSpend minute)
    {
        double limit = double.PositiveInfinity;
        long from = long.MinValue;
        foreach (((string name, long since), double perMinute) in _limits.Entries)
        {
            if (name == minute.Class && since <= minute.Minute && since > from)
            {
                (limit, from) = (perMinute, since);
            }
        }

        return limit;
    }
}
