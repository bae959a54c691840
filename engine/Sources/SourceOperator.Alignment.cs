using OrleansStream.Engine.Operators;

namespace OrleansStream.Engine.Sources;

/// <content>
/// Waiting for other sources of the alignment group. A subtask whose slowest split is ahead reads nothing, but takes barriers, makes periodic watermarks and can end; else only those of its splits are left out
/// that are ahead.
/// </content>
internal sealed partial class SourceOperator<T>
{
    // A source that waits so long for others most likely waits for one that has no records.
    private const long LongWaitMs = 60_000;

    private readonly List<int> _held = [];
    private AlignedSource? _aligned;
    private bool _isWaiting;
    private long _waitWarningMs = long.MaxValue;

    private void JoinGroup()
    {
        if (_strategy.Alignment is { } alignment)
        {
            SourceAlignment group = (Setup.Alignments ?? new SourceAlignments()).Group(alignment.Group);
            _aligned = group.Join(Setup.Owner, $"'{Setup.Name}' subtask {Setup.Subtask}", alignment.MaxDriftMs);
            Volatile.Write(ref Metrics.AlignedSource, _aligned);
        }
    }

    private bool MustWaitForOthers() => _aligned is not null && MustWait(_aligned);

    private bool MustWait(AlignedSource aligned)
    {
        long leastHeld = Release(aligned);
        long reached = aligned.TimeMs;
        _isWaiting = aligned.IsAhead(reached);
        aligned.WaitAt(_isWaiting ? reached : leastHeld);

        // Once more, now that those who come closer know of it.
        _isWaiting = _isWaiting && aligned.IsAhead(reached);
        _ = Release(aligned);
        if (!_isWaiting)
        {
            _waitWarningMs = long.MaxValue;
        }
        else if (_waitWarningMs == long.MaxValue)
        {
            _waitWarningMs = Setup.Host.NowMs + LongWaitMs;
        }

        return _isWaiting;
    }

    // Goes on with splits that are not ahead any more. The least time of the others.
    private long Release(AlignedSource aligned)
    {
        long least = SourceAlignment.NotCounted;
        for (int i = _held.Count - 1; i >= 0; i--)
        {
            long reached = _watermarks.LastWatermark(_held[i]);
            if (aligned.IsAhead(reached))
            {
                least = Math.Min(least, reached);
            }
            else
            {
                Hold(_held[i], false);
                _held.RemoveAt(i);
            }
        }

        return least;
    }

    // The split has been read from, if one is given.
    private void ReportReached(int split = -1)
    {
        if (_aligned is null || HasEnded || IsStopped)
        {
            return;
        }

        _aligned.Report(_watermarks.Reached);
        if (split >= 0 && _active.Count > 1 && !_held.Contains(split) && _aligned.IsAhead(_watermarks.LastWatermark(split)))
        {
            Hold(split, true);
            _held.Add(split);
        }
    }

    private void Hold(int split, bool hold)
    {
        try
        {
            _reader!.Hold(split, hold);
        }
        catch (Exception e) when (e is not StreamException)
        {
            throw UserError($"{(hold ? "holding" : "going on with")} split '{_active[split]}'", e);
        }
    }

    // What is not asked for records does not become idle.
    private void HoldIfWaiting()
    {
        if (_isWaiting)
        {
            _watermarks.HoldAll();
            return;
        }

        foreach (int split in _held)
        {
            _watermarks.Hold(split);
        }
    }

    private void WarnOfWait(long nowMs)
    {
        if (nowMs < _waitWarningMs || _aligned is not { } aligned || !_isWaiting)
        {
            return;
        }

        _waitWarningMs = nowMs + LongWaitMs;
        Setup.Host.Log(
            EngineLogLevel.Warning,
            $"Source {aligned.Source} at {Describe.Timestamp(aligned.TimeMs)} has waited for a minute for {aligned.DescribeSlowest()}, which is more than {aligned.MaxDriftMs} ms behind in the alignment group "
            + $"'{aligned.Group}'. If that one has no records, give its strategy WithIdleness; if it is slow, this is what the group is for.");
    }
}
