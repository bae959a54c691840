namespace OrleansStream.Bench.Workloads;

/// <summary>What a workload does with its events.</summary>
public enum WorkloadKind
{
    /// <summary>Map and filter, no key.</summary>
    Stateless,

    /// <summary>Running sum per key, one output per event.</summary>
    KeyedSum,

    /// <summary>Count per key and tumbling or sliding window.</summary>
    WindowCount,

    /// <summary>Sum of values per key and tumbling or sliding window.</summary>
    WindowSum,

    /// <summary>Count per key and session.</summary>
    Session,

    /// <summary>Pairs of two streams per key and tumbling window.</summary>
    Join,
}
