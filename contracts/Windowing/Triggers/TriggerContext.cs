namespace OrleansStream;

/// <summary>What a trigger may ask about the window that it is called for. Valid during the call only, on the subtask's thread.</summary>
public abstract class TriggerContext
{
    /// <summary>The window.</summary>
    public TimeWindow Window { get; internal set; }

    /// <summary>The watermark of the operator; <c>long.MinValue</c> before the first, <c>long.MaxValue</c> at the end of the input.</summary>
    public abstract long Watermark { get; }

    /// <summary>The host's clock in milliseconds since the Unix epoch.</summary>
    public abstract long ProcessingTime { get; }

    /// <summary>Asks for <see cref="Trigger.OnTime"/> when the watermark reaches a time. One that is not later than the watermark comes with the next rise.</summary>
    /// <param name="time">Event time in milliseconds.</param>
    public abstract void RegisterEventTime(long time);

    /// <summary>Takes the request back.</summary>
    /// <param name="time">The time it was made for.</param>
    public abstract void DeleteEventTime(long time);

    /// <summary>Asks for <see cref="Trigger.OnTime"/> when the clock reaches a time. The end of the input does not bring it about.</summary>
    /// <param name="time">Processing time in milliseconds.</param>
    public abstract void RegisterProcessingTime(long time);

    /// <summary>Takes the request back.</summary>
    /// <param name="time">The time it was made for.</param>
    public abstract void DeleteProcessingTime(long time);
}
