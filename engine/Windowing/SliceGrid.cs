namespace OrleansStream.Engine.Windowing;

/// <summary>
/// Cuts time at every start and every end of aligned windows, so that each window is a run of whole slices and a record is added to one slice only, however many windows it
/// belongs to (Carbone et al., "Cutty", 2016; Traub et al., "Scotty", 2018). An aggregate without Merge cannot be put together from slices: then each window is a slice of its own, and a record
/// is added to all of its windows.
/// </summary>
internal sealed class SliceGrid
{
    private readonly AlignedWindows _windows;
    private readonly long _endPhase;

    public SliceGrid(AlignedWindows windows, bool shared)
    {
        _windows = windows;
        IsShared = shared || windows.Size <= windows.Slide;
        _endPhase = windows.Size % windows.Slide;
        SlicesPerSlide = _endPhase == 0 || windows.Size < windows.Slide ? 1 : 2;
        SlicesPerWindow = windows.Size <= windows.Slide || !IsShared
            ? 1
            : (int)(windows.Size / windows.Slide * SlicesPerSlide) + (SlicesPerSlide - 1);
    }

    /// <summary>Whether windows are put together from slices.</summary>
    public bool IsShared { get; }

    public int SlicesPerSlide { get; }

    public int SlicesPerWindow { get; }

    public long Size => _windows.Size;

    public long Slide => _windows.Slide;

    /// <summary>The slice of a timestamp; false if the timestamp lies in a gap between windows. Not for windows that are slices of their own and overlap.</summary>
    public bool TryGetSlice(long timestamp, out long start, out long end)
    {
        long windowStart = LastStart(timestamp);
        if (Size <= Slide)
        {
            start = windowStart;
            end = windowStart + Size;
            return timestamp < end;
        }

        long cut = windowStart + _endPhase;
        (start, end) = _endPhase == 0 || timestamp < cut ? (windowStart, _endPhase == 0 ? windowStart + Slide : cut) : (cut, windowStart + Slide);
        return true;
    }

    /// <summary>The start of the last window that begins at or before a timestamp.</summary>
    public long LastStart(long timestamp) => _windows.LastStart(timestamp);

    /// <summary>The end of the first window that holds a slice.</summary>
    public long FirstEnd(long sliceStart, long sliceEnd) => IsShared && Size > Slide ? EndAtOrAfter(sliceEnd) : sliceEnd;

    /// <summary>The end of the last window that holds a slice.</summary>
    public long LastEnd(long sliceStart, long sliceEnd) => IsShared && Size > Slide ? LastStart(sliceStart) + Size : sliceEnd;

    /// <summary>The first end of a window at or after a time.</summary>
    public long EndAtOrAfter(long time)
    {
        long last = LastStart(time - Size) + Size;
        return last == time ? last : last + Slide;
    }

    /// <summary>The first end of a window after a time.</summary>
    public long EndAfter(long time) => LastStart(time - Size) + Size + Slide;

    /// <summary>The number of a slice, counted from the one that begins with the window at the offset; slices in a row have numbers in a row.</summary>
    public long IndexOf(long sliceStart)
    {
        long windowStart = LastStart(sliceStart);
        long slides = Math.DivRem(windowStart - _windows.Offset, Slide, out _);
        return (slides * SlicesPerSlide) + (sliceStart == windowStart ? 0 : 1);
    }
}
