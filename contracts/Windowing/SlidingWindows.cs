namespace OrleansStream;

/// <summary>Windows of one size that begin at regular times and may overlap (or leave gaps, if the slide is longer than the size). Event time.</summary>
public sealed class SlidingWindows : AlignedWindows
{
    private SlidingWindows(long size, long slide, long offset) : base(size, slide, offset)
    {
    }

    /// <summary>Windows of <paramref name="size"/> that begin every <paramref name="every"/>, aligned to the Unix epoch.</summary>
    /// <param name="size">The length; whole milliseconds, positive.</param>
    /// <param name="every">The time between two starts; whole milliseconds, positive.</param>
    /// <param name="offset">Moves all starts; less than <paramref name="every"/> either way.</param>
    /// <exception cref="JobDefinitionException">A length or offset is out of its range.</exception>
    public static SlidingWindows Of(TimeSpan size, TimeSpan every, TimeSpan offset = default) =>
        new(
            EventTime.WholeMilliseconds(size, "The size of a sliding window"),
            EventTime.WholeMilliseconds(every, "The slide of a sliding window"),
            EventTime.WholeMilliseconds(offset, "The offset of a sliding window"));
}
