using OrleansStream.Checkpointing;

namespace OrleansStream.Engine.Jobs;

/// <summary>What a host gives to run a job.</summary>
public sealed record JobSetup
{
    /// <summary>The job's name: the options' or the job type's.</summary>
    public required string Name { get; init; }

    /// <summary>Makes a job object for each call of <see cref="IStreamJob.Define"/>.</summary>
    public required Func<IStreamJob> Create { get; init; }

    /// <summary>Checked options.</summary>
    public required JobOptions Options { get; init; }

    /// <summary>The parallelism where the options give none.</summary>
    public required int DefaultParallelism { get; init; }

    /// <summary>Where the log and the checkpoints are; in memory for a job without a checkpoint directory.</summary>
    public required ICheckpointStore Store { get; init; }

    /// <summary>Who runs the job, for the log and for the errors of another process that takes over.</summary>
    public required string Owner { get; init; }

    /// <summary>Finds the store and the metadata file of a savepoint that was given as a path. Blocks.</summary>
    public required Func<string, (ICheckpointStore Store, string MetadataPath)> OpenSavepoint { get; init; }

    /// <summary>
    /// Whether this master takes over from one that is gone, or may be: it goes on from the newest checkpoint, and ends with the job if the log says that the job has ended. Every node that may run the
    /// master of a submitted job sets it; without it a submission begins the job, see <see cref="JobOptions.Resume"/>.
    /// </summary>
    public bool TakesOver { get; init; }

    /// <summary>Where the master notes what became of checkpoints and attempts.</summary>
    public JobHistory History { get; init; } = new();

    /// <summary>
    /// Names the submission that the job was started by, where jobs are submitted to several nodes. It goes into the log with each attempt, so that a master that takes over knows the attempts of this job
    /// from those of an earlier one of the same name. Null for none.
    /// </summary>
    public string? Submission { get; init; }

    /// <summary>
    /// Whether the master may begin the job if the log has no attempt of its <see cref="Submission"/>. False for a master that was started only because subtasks of the job were seen: they may be of a job that
    /// was replaced.
    /// </summary>
    public bool MayBegin { get; init; } = true;
}
