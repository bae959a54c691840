namespace OrleansStream;

/// <summary>A window of time, <c>[Start, End)</c>, in milliseconds since the Unix epoch.</summary>
/// <param name="Start">The first millisecond.</param>
/// <param name="End">The first millisecond after it.</param>
public readonly record struct TimeWindow(long Start, long End)
{
    /// <summary>The window of all time, which never ends: its last millisecond is <c>long.MaxValue</c>, the final watermark.</summary>
    public static TimeWindow Global => new(long.MinValue, long.MaxValue);

    /// <summary>Whether this is <see cref="Global"/>, whose start and end are no times.</summary>
    public bool IsGlobal => Start == long.MinValue && End == long.MaxValue;

    /// <summary>The last millisecond, which is the timestamp of results: the window fires when the watermark reaches it.</summary>
    public long MaxTimestamp => End == long.MaxValue ? long.MaxValue : End - 1;

    /// <summary><see cref="Start"/> as a time of day and year.</summary>
    public DateTimeOffset StartTime => DateTimeOffset.FromUnixTimeMilliseconds(Start);

    /// <summary><see cref="End"/> as a time of day and year.</summary>
    public DateTimeOffset EndTime => DateTimeOffset.FromUnixTimeMilliseconds(End);

    /// <summary>Whether two windows overlap, or one begins where the other ends.</summary>
    internal bool Touches(TimeWindow other) => Start <= other.End && End >= other.Start;

    internal TimeWindow Cover(TimeWindow other) => new(Math.Min(Start, other.Start), Math.Max(End, other.End));
}
