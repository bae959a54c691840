using OrleansStream.Engine.Checkpointing;

namespace OrleansStream.Engine.Jobs;

/// <summary>The end of a job in its log.</summary>
internal static class JobEnding
{
    /// <summary>Appends the end; a cancelled job's checkpoints are deleted before if its options say so. Blocks.</summary>
    public static void Write(JobSetup setup, JobLogWriter writer, JobState state)
    {
        if (state == JobState.Cancelled && setup.Options.Checkpointing.Retention == CheckpointRetention.DeleteOnCancel)
        {
            DeleteCheckpoints(setup, writer);
        }

        writer.Append(new JobFinished(writer.Attempt, EndOf(state)));
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

    // The next attempt starts from nothing then, so that no entry may point at what is deleted.
    private static void DeleteCheckpoints(JobSetup setup, JobLogWriter writer)
    {
        foreach (CompletedCheckpoint checkpoint in writer.State.Retained)
        {
            if (writer.State.RestorePoint.CheckpointId != checkpoint.CheckpointId)
            {
                writer.Append(new CheckpointDropped(writer.Attempt, checkpoint.CheckpointId));
                setup.Store.DeleteFolder(CheckpointLayout.CheckpointFolder(setup.Name, checkpoint.CheckpointId));
            }
        }
    }
}
