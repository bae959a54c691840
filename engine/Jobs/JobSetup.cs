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
}
