namespace OrleansStream;

/// <summary>
/// Says when a window emits its result. Derive from it for a trigger of your own, or from <see cref="Trigger{T}"/> where it looks at the records. An object is copied for each subtask; what is to outlive
/// a call is kept in state that <see cref="Open"/> declares, per key and window.
/// </summary>
public abstract class Trigger
{
    /// <summary>Fires at the end of the window in event time, and again with each record that comes within the allowed lateness. The default of event-time windows.</summary>
    public static EventTimeTrigger EventTime() => new();

    /// <summary>Fires at the end of the window by the host's clock. The default of processing-time windows.</summary>
    public static Trigger ProcessingTime() => new ProcessingTimeTrigger();

    /// <summary>Fires with every <paramref name="n"/>th record of a window. What is left at its end is dropped without a result.</summary>
    /// <param name="n">At least 1.</param>
    public static Trigger Count(long n) => new CountTrigger(n);

    /// <summary>Fires whenever the watermark passes a multiple of <paramref name="every"/>, once for each, and at the end of the window.</summary>
    /// <param name="every">Event time; whole milliseconds, positive.</param>
    public static Trigger ContinuousEventTime(TimeSpan every) => new ContinuousEventTimeTrigger(every);

    /// <summary>Fires whenever the clock passes a multiple of <paramref name="every"/>.</summary>
    /// <param name="every">Processing time; whole milliseconds, positive.</param>
    public static Trigger ContinuousProcessingTime(TimeSpan every) => new ContinuousProcessingTimeTrigger(every);

    /// <summary>Fires with a record that is further than a threshold from the one that fired last (or came first).</summary>
    /// <typeparam name="T">The type of the records.</typeparam>
    /// <param name="threshold">The distance that must be exceeded.</param>
    /// <param name="distance">The distance from an earlier record (first) to a later one (second).</param>
    public static Trigger<T> Delta<T>(double threshold, Func<T, T, double> distance) => new DeltaTrigger<T>(threshold, distance);

    /// <summary>Never fires.</summary>
    public static Trigger Never() => new NeverTrigger();

    /// <summary>Declares state; called once before anything else.</summary>
    /// <param name="state">Takes the declarations.</param>
    public virtual void Open(ITriggerState state)
    {
    }

    /// <summary>Called for each record that was added to a window.</summary>
    /// <param name="timestamp">Its timestamp; <c>long.MinValue</c> if it has none.</param>
    /// <param name="context">The window and its timers.</param>
    public abstract TriggerResult OnRecord(long timestamp, TriggerContext context);

    /// <summary>Called for each timer of the window, also for those that <see cref="OnRemoved"/> left behind and for the end of the window's life.</summary>
    /// <param name="timer">The timer.</param>
    /// <param name="context">The window and its timers.</param>
    public abstract TriggerResult OnTime(in FiredTimer timer, TriggerContext context);

    /// <summary>Called when a window is dropped, or becomes part of another one: deletes its timers. Its state is dropped, or moved, without more ado.</summary>
    /// <param name="context">The window and its timers.</param>
    public virtual void OnRemoved(TriggerContext context)
    {
    }

    /// <summary>Called when windows have become one, after <see cref="OnRemoved"/> for each of them: registers the timers that the new window needs. State is combined already.</summary>
    /// <param name="context">The new window and its timers.</param>
    public virtual void OnMerged(TriggerContext context)
    {
    }

    /// <summary>What tells this trigger from others in a job's plan: kind and numbers.</summary>
    public override string ToString() => GetType().Name;

    internal Trigger Copy() => (Trigger)MemberwiseClone();

    private protected static long Milliseconds(TimeSpan span, string what)
    {
        long ms = OrleansStream.EventTime.WholeMilliseconds(span, what);
        return ms > 0 ? ms : throw new JobDefinitionException($"{what} is {span}; it must be positive.");
    }

    private protected static long Positive(long n, string what) => n > 0 ? n : throw new JobDefinitionException($"{what} is {n}; it must be at least 1.");
}

/// <summary>A trigger that looks at the records.</summary>
/// <typeparam name="T">The type of the records.</typeparam>
public abstract class Trigger<T> : Trigger
{
    /// <summary>Called for each record that was added to a window.</summary>
    /// <param name="value">The record.</param>
    /// <param name="timestamp">Its timestamp; <c>long.MinValue</c> if it has none.</param>
    /// <param name="context">The window and its timers.</param>
    public abstract TriggerResult OnRecord(in T value, long timestamp, TriggerContext context);

    /// <inheritdoc/>
    public sealed override TriggerResult OnRecord(long timestamp, TriggerContext context) =>
        throw new NotSupportedException($"{GetType().Name} is asked with the record.");
}
