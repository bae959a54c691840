using OrleansStream.State;

namespace OrleansStream;

/// <summary>Fires when the watermark reaches the end of the window; on request also before and, for late records, not with each of them. Made by <see cref="Trigger.EventTime"/>.</summary>
public sealed class EventTimeTrigger : Trigger
{
    private readonly long _earlyMs;
    private readonly long _lateCount = 1;
    private ReducingState<long>? _nextEarly;
    private ReducingState<long>? _late;

    internal EventTimeTrigger()
    {
    }

    private EventTimeTrigger(long earlyMs, long lateCount)
    {
        _earlyMs = earlyMs;
        _lateCount = lateCount;
    }

    /// <summary>Fires also before the end, by the host's clock: this long after the first record, and then again and again.</summary>
    /// <param name="every">Processing time; whole milliseconds, positive.</param>
    public EventTimeTrigger WithEarly(TimeSpan every) => new(Milliseconds(every, "The time between early firings"), _lateCount);

    /// <summary>Fires, after the end, with every <paramref name="count"/>th late record; 1 is the default.</summary>
    /// <param name="count">At least 1.</param>
    public EventTimeTrigger WithLate(long count) => new(_earlyMs, Positive(count, "The number of late records to a firing"));

    /// <inheritdoc/>
    public override void Open(ITriggerState state)
    {
        ArgumentNullException.ThrowIfNull(state);
        _nextEarly = _earlyMs > 0 ? state.Value<long>("early", Math.Min) : null;
        _late = _lateCount > 1 ? state.Value<long>("late", static (a, b) => a + b) : null;
    }

    /// <inheritdoc/>
    public override TriggerResult OnRecord(long timestamp, TriggerContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        if (context.Window.MaxTimestamp <= context.Watermark)
        {
            return IsLateFiring() ? TriggerResult.Fire : TriggerResult.Continue;
        }

        context.RegisterEventTime(context.Window.MaxTimestamp);
        if (_nextEarly is not null && !_nextEarly.TryGet(out _))
        {
            ScheduleEarly(context.ProcessingTime, context);
        }

        return TriggerResult.Continue;
    }

    /// <inheritdoc/>
    public override TriggerResult OnTime(in FiredTimer timer, TriggerContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        if (timer.Domain == TimeDomain.EventTime)
        {
            if (timer.Time != context.Window.MaxTimestamp)
            {
                return TriggerResult.Continue;
            }

            ForgetEarly(context);
            return TriggerResult.Fire;
        }

        if (_nextEarly is null || !_nextEarly.TryGet(out long next) || next != timer.Time)
        {
            return TriggerResult.Continue;
        }

        _nextEarly.Clear();
        ScheduleEarly(timer.Time, context);
        return TriggerResult.Fire;
    }

    /// <inheritdoc/>
    public override void OnRemoved(TriggerContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        context.DeleteEventTime(context.Window.MaxTimestamp);
        if (_nextEarly is not null && _nextEarly.TryGet(out long next))
        {
            context.DeleteProcessingTime(next);
        }
    }

    /// <inheritdoc/>
    public override void OnMerged(TriggerContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        if (context.Window.MaxTimestamp <= context.Watermark)
        {
            return;
        }

        context.RegisterEventTime(context.Window.MaxTimestamp);
        if (_nextEarly is not null && _nextEarly.TryGet(out long next))
        {
            context.RegisterProcessingTime(next);
        }
    }

    /// <inheritdoc/>
    public override string ToString() => $"event-time early={_earlyMs} late={_lateCount}";

    private bool IsLateFiring()
    {
        if (_late is null)
        {
            return true;
        }

        _late.Add(1);
        if (!_late.TryGet(out long count) || count < _lateCount)
        {
            return false;
        }

        _late.Clear();
        return true;
    }

    private void ScheduleEarly(long from, TriggerContext context)
    {
        _nextEarly!.Add(from + _earlyMs);
        context.RegisterProcessingTime(from + _earlyMs);
    }

    private void ForgetEarly(TriggerContext context)
    {
        if (_nextEarly is not null && _nextEarly.TryGet(out long next))
        {
            context.DeleteProcessingTime(next);
            _nextEarly.Clear();
        }
    }
}
