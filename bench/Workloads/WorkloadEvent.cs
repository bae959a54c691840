namespace OrleansStream.Bench.Workloads;

/// <summary>One event of a source; <see cref="Time"/> is its event time in milliseconds.</summary>
public readonly record struct WorkloadEvent(long Key, long Value, long Time);
