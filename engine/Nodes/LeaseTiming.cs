namespace OrleansStream.Engine.Nodes;

/// <summary>How job master and task hosts watch each other.</summary>
/// <param name="HeartbeatMs">How often each end speaks when it has nothing to say.</param>
/// <param name="LeaseMs">A task host that has not heard for so long that its master had heard it stops its subtasks; a master that has not heard a node for so long restarts without it.</param>
public sealed record LeaseTiming(long HeartbeatMs, long LeaseMs)
{
    /// <summary>Master and task host live and die together in one process, so neither watches the other.</summary>
    public static LeaseTiming None { get; } = new(long.MaxValue, long.MaxValue);

    internal bool IsOn => HeartbeatMs != long.MaxValue;

    /// <summary>As the options <c>taskhost.heartbeat</c> and <c>taskhost.lease</c> of a job say.</summary>
    /// <param name="options">The job's options.</param>
    public static LeaseTiming Of(JobOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        return new LeaseTiming((long)options.TaskHostHeartbeat.TotalMilliseconds, (long)options.TaskHostLease.TotalMilliseconds);
    }
}
