namespace OrleansStream;

/// <summary>
/// The timers of the current key. A timer is unique per key, kind and time; it survives failures and rescaling. Times are milliseconds since the
/// Unix epoch; a <see cref="DateTimeOffset"/> is rounded down.
/// </summary>
public abstract class Timers
{
    /// <summary>
    /// Fires when the watermark reaches <paramref name="time"/>; a timer at or behind the watermark fires with the next watermark that rises, or, when it is registered
    /// while timers fire, in the same advance.
    /// </summary>
    /// <param name="time">Event time in milliseconds.</param>
    public abstract void RegisterEventTime(long time);

    /// <summary>Deletes an event-time timer; one that does not exist is no error.</summary>
    /// <param name="time">The time it was registered for.</param>
    public abstract void DeleteEventTime(long time);

    /// <summary>Fires when the host's clock reaches <paramref name="time"/>; at once after the current record if it has. The end of the input does not fire it.</summary>
    /// <param name="time">Processing time in milliseconds.</param>
    public abstract void RegisterProcessingTime(long time);

    /// <summary>Deletes a processing-time timer; one that does not exist is no error.</summary>
    /// <param name="time">The time it was registered for.</param>
    public abstract void DeleteProcessingTime(long time);

    /// <inheritdoc cref="RegisterEventTime(long)"/>
    public void RegisterEventTime(DateTimeOffset time) => RegisterEventTime(EventTime.ToMilliseconds(time));

    /// <inheritdoc cref="DeleteEventTime(long)"/>
    public void DeleteEventTime(DateTimeOffset time) => DeleteEventTime(EventTime.ToMilliseconds(time));

    /// <inheritdoc cref="RegisterProcessingTime(long)"/>
    public void RegisterProcessingTime(DateTimeOffset time) => RegisterProcessingTime(EventTime.ToMilliseconds(time));

    /// <inheritdoc cref="DeleteProcessingTime(long)"/>
    public void DeleteProcessingTime(DateTimeOffset time) => DeleteProcessingTime(EventTime.ToMilliseconds(time));
}
