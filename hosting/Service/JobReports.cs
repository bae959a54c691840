using OrleansStream.Engine.Jobs;
using OrleansStream.Service;

namespace OrleansStream.Hosting;

/// <summary>What a service says of a job, from what its master says.</summary>
public static class JobReports
{
    /// <summary>A job in a list.</summary>
    /// <param name="admitted">The job.</param>
    /// <param name="submittedAt">When it was taken.</param>
    /// <param name="endedAt">When it ended; null while it runs.</param>
    /// <param name="status">What the master says.</param>
    /// <param name="failures">Why its last attempts failed, the newest first.</param>
    public static JobInfo Info(AdmittedJob admitted, DateTimeOffset submittedAt, DateTimeOffset? endedAt, JobStatus status, IReadOnlyList<FailureInfo> failures)
    {
        ArgumentNullException.ThrowIfNull(admitted);
        ArgumentNullException.ThrowIfNull(status);
        ArgumentNullException.ThrowIfNull(failures);
        return new JobInfo(
            admitted.Submission.Id, admitted.Name, admitted.Job, admitted.Submission.Package, status.State, status.Attempt, submittedAt, endedAt, failures.Count > 0 ? failures[0] : null);
    }

    /// <summary>The operators of a job.</summary>
    /// <param name="status">What the master says.</param>
    public static IReadOnlyList<OperatorInfo> Operators(JobStatus status)
    {
        ArgumentNullException.ThrowIfNull(status);
        return [.. status.Operators.Select(Operator)];
    }

    /// <summary>An operator of a job.</summary>
    /// <param name="o">What the master says.</param>
    public static OperatorInfo Operator(OperatorStatus o)
    {
        ArgumentNullException.ThrowIfNull(o);
        double all = Math.Max(1, o.BusyNs + o.BlockedNs + o.IdleNs);
        return new OperatorInfo(
            o.Name, o.Uid, o.Chain, o.Parallelism, o.RecordsIn, o.RecordsOut, o.LateDropped, o.BadRecords, o.Watermark == long.MinValue ? null : o.Watermark, o.QueuedElements,
            Share(o.BusyNs, all), Share(o.BlockedNs, all), Share(o.IdleNs, all))
        {
            HotKeys = o.HotKeys is { Count: > 0 } hot ? hot : null,
        };
    }

    private static double Share(long ns, double all) => Math.Round(ns / all, 4);
}
