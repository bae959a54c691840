namespace OrleansStream.Grains;

/// <summary>A job as it was submitted, with all that a silo needs to run it. Immutable; goes with each deployment, so that a silo knows a job that it has subtasks of.</summary>
[GenerateSerializer]
[Immutable]
public sealed record JobSpec
{
    /// <summary>The id of the submission.</summary>
    [Id(0)]
    public required string Id { get; init; }

    /// <summary>The job's name: what its log and checkpoints are filed under.</summary>
    [Id(1)]
    public required string Name { get; init; }

    /// <summary>The job's type, as the catalog knows it.</summary>
    [Id(2)]
    public required string Job { get; init; }

    /// <summary>The id of the package that has the job; null for a job that is built in.</summary>
    [Id(3)]
    public string? Package { get; init; }

    /// <summary>The build of the job's code; silos of another build do not run it.</summary>
    [Id(4)]
    public required string Build { get; init; }

    /// <summary>The options as people write them: <c>checkpointing.interval</c> = <c>1s</c>; arguments of the job as <c>set.name</c>.</summary>
    [Id(5)]
    public required Dictionary<string, string> Options { get; init; }

    /// <summary>The parallelism where the options give none: decided once, so that all silos build the same graph.</summary>
    [Id(6)]
    public required int DefaultParallelism { get; init; }

    /// <summary>When it was submitted.</summary>
    [Id(7)]
    public required DateTimeOffset SubmittedAt { get; init; }
}
