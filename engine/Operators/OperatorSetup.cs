using OrleansStream.Serialization;

namespace OrleansStream.Engine.Operators;

/// <summary>The place of an operator of one subtask, and what it shares with its chain.</summary>
internal sealed record OperatorSetup
{
    public required string Name { get; init; }

    public required string Uid { get; init; }

    public required int Subtask { get; init; }

    public required int Parallelism { get; init; }

    public required int MaxParallelism { get; init; }

    public required int BatchSize { get; init; }

    public required IEngineHost Host { get; init; }

    public required SerializerRegistry Serializers { get; init; }

    public JobArguments Arguments { get; init; } = JobArguments.Empty;

    public string Job { get; init; } = "";

    public string Incarnation { get; init; } = "";

    public int Attempt { get; init; } = 1;

    public long RestoredCheckpoint { get; init; }

    public bool IsRestored { get; init; }

    /// <summary>Makes the operator's node anew, by a call of Define, with function objects of its own; null where there is none.</summary>
    public Func<Graph.StreamNode>? MakeAgain { get; init; }

    /// <summary>The alignment groups of the attempt on this node; null in a harness that drives the operator by hand.</summary>
    public Sources.SourceAlignments? Alignments { get; init; }

    /// <summary>The tasklet that runs the operator; null in a harness that drives it by hand.</summary>
    public Runnable? Owner { get; set; }
}
