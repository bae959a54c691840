using OrleansStream.Engine.Nodes;

namespace OrleansStream.Engine.Jobs;

/// <summary>Where a job master stands and what it can deploy to.</summary>
public sealed record MasterPlace
{
    /// <summary>The way to the task hosts.</summary>
    public required ITransport Transport { get; init; }

    /// <summary>The nodes that can take subtasks at this moment, in an order that stays. On the master's thread.</summary>
    public required Func<IReadOnlyList<NodeSlots>> FindNodes { get; init; }

    /// <summary>How the master and the nodes watch each other; null as the options of the job say.</summary>
    public LeaseTiming? Timing { get; init; }

    /// <summary>The metrics of the job's subtasks, for a master in the same process as its only task host; null where they come with heartbeats. Any thread.</summary>
    public Func<IReadOnlyList<SubtaskMetrics>>? LocalMetrics { get; init; }
}

/// <summary>A node that can take subtasks.</summary>
/// <param name="Node">Its name.</param>
/// <param name="Slots">Its share: a node with twice the slots gets twice the subtasks.</param>
public sealed record NodeSlots(string Node, int Slots);
