namespace OrleansStream;

/// <summary>
/// Says into which windows a record goes, by its time alone. One object per subtask, called on its thread. Derive from it for windows of your own, or from
/// <see cref="WindowAssigner{T}"/> where the windows depend on the record.
/// </summary>
public abstract class WindowAssigner
{
    /// <summary>Whether windows of a key that overlap or touch become one, as sessions do. What is kept per window must then be mergeable.</summary>
    public virtual bool IsMerging => false;

    /// <summary>Whether records go by their timestamps and windows end by the watermark; otherwise the host's clock is used for both.</summary>
    public virtual bool IsEventTime => true;

    /// <summary>The trigger where the job gives none: the end of the window, by the clock that the windows follow.</summary>
    public virtual Trigger DefaultTrigger => IsEventTime ? Trigger.EventTime() : Trigger.ProcessingTime();

    /// <summary>Adds the windows of a record; exactly one for merging windows.</summary>
    /// <param name="time">Its timestamp, or the clock for windows in processing time; milliseconds since the Unix epoch.</param>
    /// <param name="windows">Takes the windows; empty when it is called.</param>
    public abstract void Assign(long time, ICollection<TimeWindow> windows);

    /// <summary>What tells these windows from others in a job's plan: kind and sizes.</summary>
    public override string ToString() => GetType().Name;
}

/// <summary>Says into which windows a record goes, by its time and its contents.</summary>
/// <typeparam name="T">The type of the records.</typeparam>
public abstract class WindowAssigner<T> : WindowAssigner
{
    /// <summary>Adds the windows of a record; exactly one for merging windows.</summary>
    /// <param name="value">The record.</param>
    /// <param name="time">Its timestamp, or the clock for windows in processing time; milliseconds since the Unix epoch.</param>
    /// <param name="windows">Takes the windows; empty when it is called.</param>
    public abstract void Assign(in T value, long time, ICollection<TimeWindow> windows);

    /// <inheritdoc/>
    public sealed override void Assign(long time, ICollection<TimeWindow> windows) =>
        throw new NotSupportedException($"{GetType().Name} assigns windows by the record.");
}
