namespace OrleansStream.Bench.Workloads;

/// <summary>The engines this program can compare; the first is the one the others are measured against.</summary>
public static class WorkloadEngines
{
    /// <summary>All engines, in the order they run.</summary>
    public static IReadOnlyList<IWorkloadEngine> All { get; } = [new HandWrittenLoop(), new OrleansStreamEngine()];
}
