namespace OrleansStream.Bench.Workloads;

/// <summary>The answer of one run (count and checksum of the sink's records) and what it cost.</summary>
public readonly record struct WorkloadResult(long Count, ulong Sum, double Seconds, long AllocatedBytes);
