namespace OrleansStream;

/// <summary>A window of time, <c>[Start, End)</c>, in milliseconds since the Unix epoch.</summary>
/// <param name="Start">The first millisecond.</param>
/// <param name="End">The first millisecond after it.</param>
public readonly record struct TimeWindow(long Start, long End)
{
    /// <summary>The last millisecond, which is the timestamp of results: the window fires when the watermark reaches it.</summary>
    public long MaxTimestamp => End - 1;

    /// <summary><see cref="Start"/> as a time of day and year.</summary>
    public DateTimeOffset StartTime => DateTimeOffset.FromUnixTimeMilliseconds(Start);

    /// <summary><see cref="End"/> as a time of day and year.</summary>
    public DateTimeOffset EndTime => DateTimeOffset.FromUnixTimeMilliseconds(End);
}
