using OrleansStream.Checkpointing;

namespace OrleansStream.Engine.Checkpointing;

/// <summary>
/// Deletes what a job no longer needs. Blocks: for work items in the host's I/O pool; safe beside a <see cref="JobLogWriter"/> and beside
/// other processes. A failure is a reason for a warning, not for failing the job: what stays is deleted another time.
/// </summary>
public static class JobLogCleanup
{
    /// <summary>Deletes log entries below the newest ones that carry the whole state. Worth a call after such an entry.</summary>
    /// <param name="store">The store.</param>
    /// <param name="job">The job's name.</param>
    /// <returns>How many files went.</returns>
    public static int CompactLog(ICheckpointStore store, string job)
    {
        ArgumentNullException.ThrowIfNull(store);
        var old = JobLogRules.Compactable(store.List(CheckpointLayout.LogFolder(job)));
        foreach (var path in old)
        {
            store.Delete(path);
        }

        return old.Count;
    }

    /// <summary>Deletes the files of checkpoints of older attempts that are not retained. Worth a call after an attempt started.</summary>
    /// <param name="store">The store.</param>
    /// <param name="job">The job's name.</param>
    /// <param name="state">The log, read by the current attempt.</param>
    /// <returns>The checkpoints whose files went.</returns>
    public static IReadOnlyList<long> DeleteOrphans(ICheckpointStore store, string job, JobLogState state)
    {
        ArgumentNullException.ThrowIfNull(store);
        var orphans = JobLogRules.Orphans(job, state, store.List(CheckpointLayout.JobFolder(job)));
        foreach (var id in orphans)
        {
            store.DeleteFolder(CheckpointLayout.CheckpointFolder(job, id));
        }

        return orphans;
    }
}
