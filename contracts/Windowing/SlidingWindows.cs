namespace OrleansStream;

/// <summary>Windows of one size that begin at regular times and may overlap (or leave gaps, if the slide is longer than the size).</summary>
public sealed class SlidingWindows : AlignedWindows
{
    private SlidingWindows(long size, long slide, long offset, bool isEventTime) : base(size, slide, offset, isEventTime)
    {
    }

    /// <summary>Windows of <paramref name="size"/> in event time that begin every <paramref name="every"/>, aligned to the Unix epoch.</summary>
    /// <param name="size">The length; whole milliseconds, positive.</param>
    /// <param name="every">The time between two starts; whole milliseconds, positive.</param>
    /// <param name="offset">Moves all starts; less than <paramref name="every"/> either way.</param>
    /// <exception cref="JobDefinitionException">A length or offset is out of its range.</exception>
    public static SlidingWindows Of(TimeSpan size, TimeSpan every, TimeSpan offset = default) =>
        new(
            EventTime.WholeMilliseconds(size, "The size of a sliding window"),
            EventTime.WholeMilliseconds(every, "The slide of a sliding window"),
            EventTime.WholeMilliseconds(offset, "The offset of a sliding window"),
            true);

    /// <summary>The same windows by the host's clock: records go by when they are processed, whatever their timestamps, and the results of two runs differ.</summary>
    public SlidingWindows InProcessingTime() => new(Size, Slide, Offset, false);
}
