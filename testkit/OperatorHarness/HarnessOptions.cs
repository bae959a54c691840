using OrleansStream.Keys;
using OrleansStream.Serialization;

namespace OrleansStream.TestKit;

/// <summary>How an operator harness runs its operator. The defaults suit most tests.</summary>
public sealed record HarnessOptions
{
    /// <summary>The operator's name, for messages. Default: "operator".</summary>
    public string Name { get; init; } = "operator";

    /// <summary>How many subtasks the operator has; records go to the subtask that owns their key. Default: 1.</summary>
    public int Parallelism { get; init; } = 1;

    /// <summary>The number of key groups. Default: 128.</summary>
    public int MaxParallelism { get; init; } = KeyGroups.LeastDefault;

    /// <summary>How many records the operator's output buffers hold. Default: 1,024; 2 in attack mode.</summary>
    public int? BatchSize { get; init; }

    /// <summary>
    /// Attacks the operator's contract: whoever takes its output takes one record at a time and refuses every other call; wherever the operator is suspended by that (inside a
    /// batch, a firing watermark, an expanding function) it is snapshotted, goes on for a while, and is thrown away; a fresh one goes on from the snapshot. What leaves must be the same
    /// as without. Functions are called more than once with a record then, so what they do outside of state and output (to a captured variable, say) is repeated. Default: off.
    /// </summary>
    public bool Attack { get; init; }

    /// <summary>In attack mode, at how many suspensions there is one snapshot with restore. Default: 1, each.</summary>
    public int SuspensionsPerRestore { get; init; } = 1;

    /// <summary>The clock at the start, in milliseconds. Default: 0.</summary>
    public long StartMs { get; init; }

    /// <summary>The services that functions see. Default: none.</summary>
    public IServiceProvider? Services { get; init; }

    /// <summary>The arguments of the job that functions see. Default: none.</summary>
    public JobArguments Arguments { get; init; } = JobArguments.Empty;

    /// <summary>The serializers. Default: those that OrleansStream makes itself.</summary>
    public SerializerRegistry? Serializers { get; init; }

    internal int EffectiveBatchSize => BatchSize ?? (Attack ? 2 : 1024);
}
