using OrleansStream.Engine.Checkpointing;
using OrleansStream.Engine.Operators;
using OrleansStream.Engine.Tasklets;

namespace OrleansStream.Engine.Nodes;

/// <summary>How a subtask stands at one moment.</summary>
/// <param name="Subtask">The subtask.</param>
/// <param name="Operators">Its operators, first to last; none until it runs.</param>
/// <param name="QueuedElements">Elements that wait in front of it.</param>
/// <param name="BusyNs">Time that it worked.</param>
/// <param name="BlockedNs">Time that it could not go on because its output was full.</param>
/// <param name="IdleNs">Time that it had nothing to do.</param>
public sealed record SubtaskMetrics(SubtaskId Subtask, IReadOnlyList<OperatorCounts> Operators, int QueuedElements, long BusyNs, long BlockedNs, long IdleNs)
{
    internal static SubtaskMetrics Of(Tasklet tasklet) =>
        new(tasklet.Id, [.. tasklet.Metrics.Select(OperatorCounts.Of)], tasklet.QueuedElements, tasklet.BusyNs, tasklet.BlockedNs, tasklet.IdleNs);
}

/// <summary>What an operator of one subtask has counted so far.</summary>
/// <param name="RecordsIn">Records taken.</param>
/// <param name="RecordsOut">Records emitted, side outputs left out.</param>
/// <param name="LateDropped">Late records dropped.</param>
/// <param name="BadRecords">Input that could not be read and was left out.</param>
/// <param name="Watermark">Its watermark.</param>
public readonly record struct OperatorCounts(long RecordsIn, long RecordsOut, long LateDropped, long BadRecords, long Watermark)
{
    /// <summary>Records that a source knows to exist and has not read; null if it does not know.</summary>
    public long? Lag { get; init; }

    /// <summary>Keys that a large share of its recent records has, the largest first.</summary>
    public IReadOnlyList<HotKey> HotKeys { get; init; } = [];

    /// <summary>The group that a source is aligned with; null if it waits for nobody.</summary>
    public string? AlignmentGroup { get; init; }

    /// <summary>How far an aligned source has come: its watermark; <see cref="long.MaxValue"/> if nobody has to wait for it.</summary>
    public long AlignedMs { get; init; } = long.MaxValue;

    internal static OperatorCounts Of(OperatorMetrics metrics) =>
        new(metrics.RecordsIn, metrics.RecordsOut, metrics.LateDropped, metrics.BadRecords, metrics.Watermark)
        {
            Lag = metrics.Lag < 0 ? null : metrics.Lag,
            HotKeys = metrics.HotKeys,
            AlignmentGroup = Volatile.Read(ref metrics.AlignedSource)?.Group,
            AlignedMs = Volatile.Read(ref metrics.AlignedSource)?.TimeMs ?? long.MaxValue,
        };
}
