using OrleansStream.Engine.Jobs;

namespace OrleansStream.Engine.Nodes;

/// <summary>What a host gives to a task host.</summary>
public sealed record TaskHostSetup
{
    /// <summary>The way to job masters and to other task hosts.</summary>
    public required ITransport Transport { get; init; }

    /// <summary>Finds a job that was submitted, by its name; null for an unknown one. On the task host's thread.</summary>
    public required Func<string, JobSetup?> FindJob { get; init; }

    /// <summary>How the node and the masters watch each other; null as the options of the job say.</summary>
    public LeaseTiming? Timing { get; init; }
}
