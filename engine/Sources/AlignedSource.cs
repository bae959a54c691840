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
    private volatile bool _isWaiting;

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

    /// <summary>Whether it waited when it was asked last.</summary>
    public bool IsWaiting => _isWaiting;

    /// <summary>Says how far it has come.</summary>
    public void Report(long timeMs)
    {
        if (timeMs != _time[Padding])
        {
            Volatile.Write(ref _time[Padding], timeMs);
            _group.WakeWaiting();
        }
    }

    /// <summary>Whether it is so far ahead that it has to wait. Who waits is woken.</summary>
    public bool MustWait()
    {
        // The others are asked only when the limit of last time is reached: their times are in the memory of other cores.
        long time = _time[Padding];
        bool wait = time != SourceAlignment.NotCounted && time > _limit && IsBeyond(time);
        if (wait != _isWaiting)
        {
            _isWaiting = wait;
            _group.CountWaiting(wait ? 1 : -1);
            if (wait && !IsBeyond(time))
            {
                _isWaiting = wait = false;
                _group.CountWaiting(-1);
            }
        }

        return wait;
    }

    /// <summary>Whom it waits for, in words.</summary>
    public string DescribeSlowest() => _group.DescribeSlowest();

    /// <summary>It reads nothing any more: nobody waits for it, and it waits for nobody.</summary>
    public void Leave()
    {
        if (_isWaiting)
        {
            _isWaiting = false;
            _group.CountWaiting(-1);
        }

        Report(SourceAlignment.NotCounted);
    }

    /// <summary>Wakes it if it waits and need not. Any thread.</summary>
    public void WakeIfWithin(long least)
    {
        if (_isWaiting && TimeMs <= WindowTime.SaturatingAdd(least, _maxDriftMs))
        {
            _owner?.Host.Wake(_owner);
        }
    }

    private bool IsBeyond(long time)
    {
        _limit = WindowTime.SaturatingAdd(_group.Least(), _maxDriftMs);
        return time > _limit;
    }
}
