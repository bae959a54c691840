namespace OrleansStream.Engine.Nodes;

/// <summary>How job master and task hosts watch each other.</summary>
/// <param name="HeartbeatMs">How often each end speaks when it has nothing to say.</param>
/// <param name="LeaseMs">A task host that has not heard for so long that its master had heard it stops its subtasks; a master that has not heard a node for so long restarts without it.</param>
public sealed record LeaseTiming(long HeartbeatMs, long LeaseMs)
{
    /// <summary>Between nodes: 1 s and 10 s.</summary>
    public static LeaseTiming Default { get; } = new(1000, 10_000);

    /// <summary>Master and task host live and die together in one process, so neither watches the other.</summary>
    public static LeaseTiming None { get; } = new(long.MaxValue, long.MaxValue);

    internal bool IsOn => HeartbeatMs != long.MaxValue;
}
