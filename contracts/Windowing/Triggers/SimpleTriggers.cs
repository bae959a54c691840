using OrleansStream.State;

namespace OrleansStream;

internal sealed class ProcessingTimeTrigger : Trigger
{
    public override TriggerResult OnRecord(long timestamp, TriggerContext context)
    {
        context.RegisterProcessingTime(context.Window.MaxTimestamp);
        return TriggerResult.Continue;
    }

    public override TriggerResult OnTime(in FiredTimer timer, TriggerContext context) =>
        timer.Domain == TimeDomain.ProcessingTime && timer.Time == context.Window.MaxTimestamp ? TriggerResult.Fire : TriggerResult.Continue;

    public override void OnRemoved(TriggerContext context) => context.DeleteProcessingTime(context.Window.MaxTimestamp);

    public override void OnMerged(TriggerContext context)
    {
        if (context.Window.MaxTimestamp > context.ProcessingTime)
        {
            context.RegisterProcessingTime(context.Window.MaxTimestamp);
        }
    }

    public override string ToString() => "processing-time";
}

internal sealed class NeverTrigger : Trigger
{
    public override TriggerResult OnRecord(long timestamp, TriggerContext context) => TriggerResult.Continue;

    public override TriggerResult OnTime(in FiredTimer timer, TriggerContext context) => TriggerResult.Continue;

    public override string ToString() => "never";
}

internal sealed class CountTrigger(long n) : Trigger
{
    private readonly long _n = Positive(n, "The count of a count trigger");
    private ReducingState<long> _count = null!;

    public override void Open(ITriggerState state) => _count = state.Value<long>("count", static (a, b) => a + b);

    public override TriggerResult OnRecord(long timestamp, TriggerContext context)
    {
        _count.Add(1);
        if (!_count.TryGet(out long count) || count < _n)
        {
            return TriggerResult.Continue;
        }

        _count.Clear();
        return TriggerResult.Fire;
    }

    public override TriggerResult OnTime(in FiredTimer timer, TriggerContext context) => TriggerResult.Continue;

    public override string ToString() => $"count={_n}";
}

internal sealed class DeltaTrigger<T>(double threshold, Func<T, T, double> distance) : Trigger<T>
{
    private ReducingState<T> _last = null!;

    // Of two windows the earlier one's record stays.
    public override void Open(ITriggerState state) => _last = state.Value<T>("last", static (a, _) => a);

    public override TriggerResult OnRecord(in T value, long timestamp, TriggerContext context)
    {
        if (!_last.TryGet(out T? last))
        {
            _last.Add(in value);
            return TriggerResult.Continue;
        }

        if (distance(last, value) <= threshold)
        {
            return TriggerResult.Continue;
        }

        _last.Clear();
        _last.Add(in value);
        return TriggerResult.Fire;
    }

    public override TriggerResult OnTime(in FiredTimer timer, TriggerContext context) => TriggerResult.Continue;

    public override string ToString() => FormattableString.Invariant($"delta={threshold}");
}
