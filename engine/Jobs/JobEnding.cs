using OrleansStream.Checkpointing;
using OrleansStream.Engine.Checkpointing;

namespace OrleansStream.Engine.Jobs;

/// <summary>The end of a job in its log.</summary>
internal static class JobEnding
{
    /// <summary>Appends the end; after it the checkpoints of a cancelled job are deleted if its options say so. Blocks.</summary>
    public static void Write(IEngineHost host, JobSetup setup, JobLogWriter writer, JobState state, Exception? failure)
    {
        bool drops = state == JobState.Cancelled && setup.Options.Checkpointing.Retention == CheckpointRetention.DeleteOnCancel;
        IReadOnlyList<CompletedCheckpoint> retained = writer.State.Retained;
        writer.Append(new JobFinished(writer.Attempt, EndOf(state), drops, state == JobState.Failed ? EarlierFailureException.Describe(failure) : null));
        if (drops)
        {
            Delete(host, setup, retained);
        }
    }

    /// <summary>The state of a job that ended so.</summary>
    public static JobState StateOf(JobEndState end) => end switch
    {
        JobEndState.Finished => JobState.Finished,
        JobEndState.Stopped => JobState.Stopped,
        JobEndState.Cancelled => JobState.Cancelled,
        _ => JobState.Failed,
    };

    private static JobEndState EndOf(JobState state) => state switch
    {
        JobState.Finished => JobEndState.Finished,
        JobState.Stopped => JobEndState.Stopped,
        JobState.Cancelled => JobEndState.Cancelled,
        _ => JobEndState.Failed,
    };

    // What stays is an orphan, which the next start under this name deletes.
    private static void Delete(IEngineHost host, JobSetup setup, IReadOnlyList<CompletedCheckpoint> checkpoints)
    {
        foreach (CompletedCheckpoint checkpoint in checkpoints)
        {
            try
            {
                setup.Store.DeleteFolder(CheckpointLayout.CheckpointFolder(setup.Name, checkpoint.CheckpointId));
            }
            catch (CheckpointStorageException e)
            {
                host.Log(EngineLogLevel.Warning, $"job '{setup.Name}': the files of checkpoint {checkpoint.CheckpointId} could not be deleted: {e.Message}", e);
            }
        }
    }
}
