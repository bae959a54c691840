using OrleansStream.Engine.Windowing;

namespace OrleansStream.Engine.Sources;

/// <summary>One source subtask of an alignment group. On the subtask's thread, but where it says otherwise.</summary>
internal sealed class AlignedSource
{
    // In the middle of two lines, so that sources do not share one.
    private const int Padding = 8;

    private readonly SourceAlignment _group;
    private readonly Runnable? _owner;
    private readonly long _maxDriftMs;
    private readonly long[] _time = new long[(2 * Padding) + 1];
    private long _limit = long.MinValue;
    private long _waitsAt = SourceAlignment.NotCounted;

    public AlignedSource(SourceAlignment group, Runnable? owner, string source, long maxDriftMs)
    {
        _group = group;
        _owner = owner;
        Source = source;
        _maxDriftMs = maxDriftMs;
        _time[Padding] = SourceAlignment.NotCounted;
    }

    /// <summary>Its name and subtask. Any thread.</summary>
    public string Source { get; }

    /// <summary>The group's name. Any thread.</summary>
    public string Group => _group.Name;

    /// <summary>How far it may be ahead.</summary>
    public long MaxDriftMs => _maxDriftMs;

    /// <summary>The watermark that it has reached; <see cref="SourceAlignment.NotCounted"/> if nobody has to wait for it. Any thread.</summary>
    public long TimeMs => Volatile.Read(ref _time[Padding]);

    /// <summary>Whom it waits for, in words.</summary>
    public string DescribeSlowest() => _group.DescribeSlowest();

    /// <summary>Says how far it has come.</summary>
    public void Report(long timeMs)
    {
        if (timeMs != _time[Padding])
        {
            Volatile.Write(ref _time[Padding], timeMs);
            _group.WakeWaiting();
        }
    }

    /// <summary>Whether a time is so far ahead of the group that what has reached it must wait.</summary>
    public bool IsAhead(long timeMs)
    {
        // The others are asked only when the limit of last time is passed: their times are in the memory of other cores.
        if (timeMs == SourceAlignment.NotCounted || timeMs <= _limit)
        {
            return false;
        }

        long least = _group.Least();
        if (least == SourceAlignment.NotCounted)
        {
            // Nobody to wait for yet; that says nothing about later.
            return false;
        }

        _limit = WindowTime.SaturatingAdd(least, _maxDriftMs);
        return timeMs > _limit;
    }

    /// <summary>
    /// Says what waits here: it is woken when the group has come close enough. After this the caller must ask <see cref="IsAhead"/> once more before it rests: the group may have come closer in between.
    /// </summary>
    /// <param name="timeMs">The least time that waits; <see cref="SourceAlignment.NotCounted"/> for nothing.</param>
    public void WaitAt(long timeMs)
    {
        if (timeMs == _waitsAt)
        {
            return;
        }

        bool waited = _waitsAt != SourceAlignment.NotCounted;
        bool waits = timeMs != SourceAlignment.NotCounted;
        Volatile.Write(ref _waitsAt, timeMs);
        if (waits != waited)
        {
            _group.CountWaiting(waits ? 1 : -1);
        }

        Interlocked.MemoryBarrier();
    }

    /// <summary>It reads nothing any more: nobody waits for it, and it waits for nobody.</summary>
    public void Leave()
    {
        WaitAt(SourceAlignment.NotCounted);
        Report(SourceAlignment.NotCounted);
    }

    /// <summary>Wakes it if it waits and need not. Any thread.</summary>
    public void WakeIfWithin(long least)
    {
        long waitsAt = Volatile.Read(ref _waitsAt);
        if (waitsAt != SourceAlignment.NotCounted && waitsAt <= WindowTime.SaturatingAdd(least, _maxDriftMs))
        {
            _owner?.Host.Wake(_owner);
        }
    }
}
