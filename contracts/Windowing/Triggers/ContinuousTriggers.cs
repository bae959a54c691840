using OrleansStream.State;

namespace OrleansStream;

internal sealed class ContinuousEventTimeTrigger(TimeSpan every) : Trigger
{
    private readonly long _everyMs = Milliseconds(every, "The interval of a continuous trigger");
    private ReducingState<long> _next = null!;

    public override void Open(ITriggerState state) => _next = state.Value<long>("next", Math.Min);

    public override TriggerResult OnRecord(long timestamp, TriggerContext context)
    {
        if (context.Window.MaxTimestamp <= context.Watermark)
        {
            return TriggerResult.Fire;
        }

        context.RegisterEventTime(context.Window.MaxTimestamp);
        if (!_next.TryGet(out _))
        {
            if (timestamp == long.MinValue)
            {
                throw new JobDefinitionException("the record has no timestamp, which a continuous event-time trigger needs. Give the source a WatermarkStrategy with WithTimestamps.");
            }

            Schedule(timestamp - (timestamp % _everyMs), context);
        }

        return TriggerResult.Continue;
    }

    public override TriggerResult OnTime(in FiredTimer timer, TriggerContext context)
    {
        if (timer.Domain != TimeDomain.EventTime)
        {
            return TriggerResult.Continue;
        }

        if (timer.Time == context.Window.MaxTimestamp)
        {
            return TriggerResult.Fire;
        }

        if (!_next.TryGet(out long next) || next != timer.Time)
        {
            return TriggerResult.Continue;
        }

        _next.Clear();
        Schedule(timer.Time, context);
        return TriggerResult.Fire;
    }

    public override void OnRemoved(TriggerContext context)
    {
        context.DeleteEventTime(context.Window.MaxTimestamp);
        if (_next.TryGet(out long next))
        {
            context.DeleteEventTime(next);
        }
    }

    public override void OnMerged(TriggerContext context)
    {
        if (_next.TryGet(out long next))
        {
            context.RegisterEventTime(next);
        }
    }

    public override string ToString() => $"continuous-event-time={_everyMs}";

    private void Schedule(long from, TriggerContext context)
    {
        // A window without an end would fire for ever once the final watermark has come.
        long next = context.Window.IsGlobal && context.Watermark == long.MaxValue ? long.MaxValue : Math.Min(from + _everyMs, context.Window.MaxTimestamp);
        _next.Add(next);
        context.RegisterEventTime(next);
    }
}

internal sealed class ContinuousProcessingTimeTrigger(TimeSpan every) : Trigger
{
    private readonly long _everyMs = Milliseconds(every, "The interval of a continuous trigger");
    private ReducingState<long> _next = null!;

    public override void Open(ITriggerState state) => _next = state.Value<long>("next", Math.Min);

    public override TriggerResult OnRecord(long timestamp, TriggerContext context)
    {
        if (!_next.TryGet(out _))
        {
            long now = context.ProcessingTime;
            Schedule(now - (now % _everyMs), context);
        }

        return TriggerResult.Continue;
    }

    public override TriggerResult OnTime(in FiredTimer timer, TriggerContext context)
    {
        if (timer.Domain != TimeDomain.ProcessingTime || !_next.TryGet(out long next) || next != timer.Time)
        {
            return TriggerResult.Continue;
        }

        // The last millisecond of a window is the last firing; it can lie behind the clock where the window goes by event time.
        if (timer.Time < context.Window.MaxTimestamp)
        {
            _next.Clear();
            Schedule(timer.Time, context);
        }

        return TriggerResult.Fire;
    }

    public override void OnRemoved(TriggerContext context)
    {
        if (_next.TryGet(out long next))
        {
            context.DeleteProcessingTime(next);
        }
    }

    public override void OnMerged(TriggerContext context)
    {
        if (_next.TryGet(out long next))
        {
            context.RegisterProcessingTime(next);
        }
    }

    public override string ToString() => $"continuous-processing-time={_everyMs}";

    private void Schedule(long from, TriggerContext context)
    {
        long next = Math.Min(from + _everyMs, context.Window.MaxTimestamp);
        _next.Add(next);
        context.RegisterProcessingTime(next);
    }
}
