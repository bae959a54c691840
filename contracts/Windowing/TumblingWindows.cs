namespace OrleansStream;

/// <summary>Windows of one size that follow one another without a gap: each record is in exactly one.</summary>
public sealed class TumblingWindows : AlignedWindows
{
    private TumblingWindows(long size, long offset, bool isEventTime) : base(size, size, offset, isEventTime)
    {
    }

    /// <summary>Windows of <paramref name="size"/> in event time, aligned to the Unix epoch.</summary>
    /// <param name="size">The length; whole milliseconds, positive.</param>
    /// <param name="offset">Moves all starts, for example to a time zone's midnight; less than <paramref name="size"/> either way.</param>
    /// <exception cref="JobDefinitionException">A length or offset is out of its range.</exception>
    public static TumblingWindows Of(TimeSpan size, TimeSpan offset = default) =>
        new(EventTime.WholeMilliseconds(size, "The size of a tumbling window"), EventTime.WholeMilliseconds(offset, "The offset of a tumbling window"), true);

    /// <summary>The same windows by the host's clock: records go by when they are processed, whatever their timestamps, and the results of two runs differ.</summary>
    public TumblingWindows InProcessingTime() => new(Size, Offset, false);
}
