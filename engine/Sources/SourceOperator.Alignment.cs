using OrleansStream.Engine.Operators;

namespace OrleansStream.Engine.Sources;

/// <content>Waiting for other sources of the alignment group. Who waits reads nothing, but takes barriers, makes periodic watermarks and can end.</content>
internal sealed partial class SourceOperator<T>
{
    // A source that waits so long for others most likely waits for one that has no records.
    private const long LongWaitMs = 60_000;

    private AlignedSource? _aligned;
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

    private bool MustWaitForOthers()
    {
        if (_aligned is null || !_aligned.MustWait())
        {
            _waitWarningMs = long.MaxValue;
            return false;
        }

        if (_waitWarningMs == long.MaxValue)
        {
            _waitWarningMs = Setup.Host.NowMs + LongWaitMs;
        }

        return true;
    }

    private void ReportReached()
    {
        if (_aligned is not null && !HasEnded && !IsStopped)
        {
            _aligned.Report(_watermarks.Reached);
        }
    }

    private void HoldIfWaiting()
    {
        if (_aligned is { IsWaiting: true })
        {
            _watermarks.Hold();
        }
    }

    private void WarnOfWait(long nowMs)
    {
        if (nowMs < _waitWarningMs || _aligned is not { IsWaiting: true } aligned)
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
