using OrleansStream.Checkpointing;

namespace OrleansStream.Engine.Checkpointing;

/// <summary>Reads and puts the files of a job log. Blocks: for work items in the host's I/O pool.</summary>
internal static class JobLogFiles
{
    private const int Tries = 5;

    /// <summary>Reads a whole log: from the newest entry that carries the state, to the end.</summary>
    public static JobLogState ReadAll(ICheckpointStore store, string job)
    {
        for (var tries = 1; ; tries++)
        {
            var listing = store.List(CheckpointLayout.LogFolder(job));
            var last = listing.Select(CheckpointLayout.SequenceOf).Max() ?? 0;
            var from = JobLogRules.NewestState(listing);
            try
            {
                var state = JobLogState.Empty;
                if (from > 0)
                {
                    var path = CheckpointLayout.LogEntry(job, from);
                    state = Read(store, job, from).State ?? throw CheckpointStorageException.Damaged(
                        $"Checkpoint file '{path}' is foreign: entry {from} of the log of job '{job}' has to carry the whole state.");
                }

                state = ReadOn(store, job, state);
                if (state.Sequence >= last)
                {
                    return state;
                }

                throw CheckpointStorageException.Damaged(
                    $"Checkpoint file '{CheckpointLayout.LogEntry(job, state.Sequence + 1)}' is missing, and entries after it are there: "
                    + $"the log of job '{job}' is damaged. Restore the file from a backup, or start from a savepoint under another job name.");
            }
            catch (CheckpointStorageException) when (tries < Tries && JobLogRules.NewestState(store.List(CheckpointLayout.LogFolder(job))) > from)
            {
                // The log was compacted while it was read; there is a newer state to start from.
            }
        }
    }

    /// <summary>Reads the entries after a state.</summary>
    public static JobLogState ReadOn(ICheckpointStore store, string job, JobLogState state)
    {
        while (store.Exists(CheckpointLayout.LogEntry(job, state.Sequence + 1)))
        {
            state = state.Apply(Read(store, job, state.Sequence + 1).Entry);
        }

        return state;
    }

    /// <summary>Reads one entry.</summary>
    public static JobLogRecord Read(ICheckpointStore store, string job, long sequence)
    {
        var path = CheckpointLayout.LogEntry(job, sequence);
        var record = CheckpointJson.FromFile(path, CheckpointFileKind.LogEntry, store.Read(path), CheckpointJson.Default.JobLogRecord);
        return record.Job == job && record.Sequence == sequence
            ? record
            : throw CheckpointStorageException.Damaged(
                $"Checkpoint file '{path}' is foreign: it is entry {record.Sequence} of the log of job '{record.Job}'. Give this job "
                + "another --job-name or checkpointing.directory, or restore the file from a backup.");
    }

    /// <summary>The content of the entry that follows a state.</summary>
    public static byte[] Content(string job, JobLogState before, JobLogEntry entry)
    {
        var after = before.Apply(entry);
        var record = new JobLogRecord(job, after.Sequence, entry, JobLogRules.CarriesState(after.Sequence) ? after : null);
        return CheckpointJson.ToFile(CheckpointFileKind.LogEntry, record, CheckpointJson.Default.JobLogRecord);
    }
}
