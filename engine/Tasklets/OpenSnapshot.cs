using OrleansStream.Engine.Channels;
using OrleansStream.Engine.State;

namespace OrleansStream.Engine.Tasklets;

/// <summary>A snapshot that has been taken and is not written yet. An unaligned one grows until everything that belongs to it has been recorded.</summary>
internal sealed class OpenSnapshot(CheckpointBarrier barrier, SnapshotCollector state, long cpuNs, long wallNs)
{
    public CheckpointBarrier Barrier { get; } = barrier;

    public SnapshotCollector State { get; } = state;

    /// <summary>What taking it cost the subtask.</summary>
    public long CpuNs { get; } = cpuNs;

    public long WallNs { get; } = wallNs;

    /// <summary>Input channels that the barrier is still to come from.</summary>
    public int AwaitedChannels { get; set; }

    /// <summary>When the barrier leaves what it waits behind in outboxes; <c>long.MaxValue</c> if it waits in none.</summary>
    public long OvertakesAtMs { get; set; } = long.MaxValue;

    /// <summary>Whether the checkpoint was given up before everything was recorded: sinks end their epochs all the same, and nothing is acknowledged.</summary>
    public bool IsAbandoned { get; set; }

    /// <summary>Whether it can be written, or dropped.</summary>
    public bool IsComplete => IsAbandoned || (AwaitedChannels == 0 && OvertakesAtMs == long.MaxValue);
}
