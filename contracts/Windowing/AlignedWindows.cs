namespace OrleansStream;

/// <summary>Windows whose starts are the same for all keys: multiples of a slide, moved by an offset.</summary>
public abstract class AlignedWindows : WindowAssigner
{
    private protected AlignedWindows(long size, long slide, long offset, bool isEventTime)
    {
        if (size <= 0 || slide <= 0 || Math.Abs(offset) >= slide)
        {
            throw new JobDefinitionException(
                $"A window of size {size} ms, slide {slide} ms and offset {offset} ms is not possible: size and slide must be positive and the offset smaller than the slide.");
        }

        Size = size;
        Slide = slide;
        Offset = offset;
        IsEventTime = isEventTime;
    }

    /// <summary>The length of a window in milliseconds.</summary>
    public long Size { get; }

    /// <summary>The time between two starts in milliseconds; the size for tumbling windows.</summary>
    public long Slide { get; }

    /// <summary>How far the starts are moved from multiples of the slide, in milliseconds.</summary>
    public long Offset { get; }

    /// <inheritdoc/>
    public override bool IsEventTime { get; }

    /// <summary>The start of the last window that begins at or before a timestamp; it holds the timestamp if the size is at least the slide.</summary>
    /// <param name="timestamp">Event time in milliseconds.</param>
    public long LastStart(long timestamp)
    {
        long remainder = (timestamp - Offset) % Slide;
        return timestamp - (remainder < 0 ? remainder + Slide : remainder);
    }

    /// <inheritdoc/>
    public override void Assign(long time, ICollection<TimeWindow> windows)
    {
        ArgumentNullException.ThrowIfNull(windows);
        for (long start = LastStart(time); start > time - Size; start -= Slide)
        {
            windows.Add(new TimeWindow(start, start + Size));
        }
    }

    /// <inheritdoc/>
    public override string ToString() => $"size={Size} slide={Slide} offset={Offset}{(IsEventTime ? "" : " processing-time")}";
}
