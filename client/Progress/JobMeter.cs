using OrleansStream.Engine.Jobs;

namespace OrleansStream.Client;

/// <summary>Makes rates of what a job's status counts. Pure: times come from the caller. Not thread-safe.</summary>
public sealed class JobMeter
{
    private JobStatus? _last;
    private TimeSpan _lastAt;

    /// <summary>Looks at a job.</summary>
    /// <param name="status">Its status.</param>
    /// <param name="at">When it was taken, by any clock that never goes back.</param>
    /// <returns>Its operators, with rates since the last look; since the start for the first, and after a restart, whose counts begin anew.</returns>
    public IReadOnlyList<OperatorProgress> Look(JobStatus status, TimeSpan at)
    {
        ArgumentNullException.ThrowIfNull(status);
        bool comparable = _last is { } last && last.Attempt == status.Attempt && last.Operators.Count == status.Operators.Count;
        double seconds = Math.Max(1e-3, (at - _lastAt).TotalSeconds);
        OperatorProgress[] operators = [.. status.Operators.Select((now, i) => Compare(comparable ? _last!.Operators[i] : null, now, seconds))];
        _last = status;
        _lastAt = at;
        return operators;
    }

    private static OperatorProgress Compare(OperatorStatus? before, OperatorStatus now, double seconds)
    {
        double busy = now.BusyNs - (before?.BusyNs ?? 0);
        double blocked = now.BlockedNs - (before?.BlockedNs ?? 0);
        double idle = now.IdleNs - (before?.IdleNs ?? 0);
        double all = Math.Max(1, busy + blocked + idle);
        return new OperatorProgress(
            now, Math.Max(0, now.RecordsIn - (before?.RecordsIn ?? 0)) / seconds, Math.Max(0, now.RecordsOut - (before?.RecordsOut ?? 0)) / seconds,
            Math.Clamp(busy / all, 0, 1), Math.Clamp(blocked / all, 0, 1));
    }
}
