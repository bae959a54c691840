namespace OrleansStream;

/// <summary>Windows of one size that follow one another without a gap: each record is in exactly one. Event time.</summary>
public sealed class TumblingWindows : AlignedWindows
{
    private TumblingWindows(long size, long offset) : base(size, size, offset)
    {
    }

    /// <summary>Windows of <paramref name="size"/>, aligned to the Unix epoch.</summary>
    /// <param name="size">The length; whole milliseconds, positive.</param>
    /// <param name="offset">Moves all starts, for example to a time zone's midnight; less than <paramref name="size"/> either way.</param>
    /// <exception cref="JobDefinitionException">A length or offset is out of its range.</exception>
    public static TumblingWindows Of(TimeSpan size, TimeSpan offset = default) =>
        new(EventTime.WholeMilliseconds(size, "The size of a tumbling window"), EventTime.WholeMilliseconds(offset, "The offset of a tumbling window"));
}
