using OrleansStream.Checkpointing;
using OrleansStream.Engine.Checkpointing;

namespace OrleansStream.Engine.Tasklets;

/// <summary>The place of a tasklet.</summary>
internal sealed record TaskletSetup
{
    public required string Job { get; init; }

    public required int Attempt { get; init; }

    public required SubtaskId Id { get; init; }

    /// <summary>For messages: the chain's name and the subtask.</summary>
    public required string Name { get; init; }

    public required ICheckpointStore Store { get; init; }

    /// <summary>Exactly once: a channel that has delivered the barrier is held until the others have.</summary>
    public bool AlignBarriers { get; init; } = true;

    /// <summary>Whether checkpoints are taken by themselves, so that it makes sense to wait for one.</summary>
    public bool TakesCheckpoints { get; init; }

    public long RestoredCheckpoint { get; init; }
}
