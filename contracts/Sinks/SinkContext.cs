namespace OrleansStream;

/// <summary>The place of a writer or committer.</summary>
public abstract class SinkContext
{
    /// <summary>The name of the job.</summary>
    public abstract string Job { get; }

    /// <summary>128 random bits, as hex, that tell this job's history from another one under the same name; the same over all restarts.</summary>
    public abstract string Incarnation { get; }

    /// <summary>The uid of the operator.</summary>
    public abstract string OperatorUid { get; }

    /// <summary>The name of the operator.</summary>
    public abstract string OperatorName { get; }

    /// <summary>The attempt: 1 for the first start of a job, one more after each restart.</summary>
    public abstract int Attempt { get; }

    /// <summary>The number of the subtask, from 0.</summary>
    public abstract int Subtask { get; }

    /// <summary>How many subtasks the sink has.</summary>
    public abstract int Parallelism { get; }

    /// <summary>The checkpoint from which the attempt starts; 0 if it starts empty.</summary>
    public abstract long RestoredCheckpoint { get; }

    /// <summary>Whether the output of an earlier run is to be gone on with (restore, restart) rather than begun afresh.</summary>
    public abstract bool IsRestored { get; }

    /// <summary>The services of the host.</summary>
    public abstract IServiceProvider Services { get; }

    /// <summary>Makes the subtask offer records again. May be called from any thread.</summary>
    public abstract void Wake();
}
