namespace OrleansStream.Bench.Workloads;

/// <summary>The answer of a job at N = 1,000,000, P = 2 and default keys and rate, on which independent implementations agree.</summary>
public readonly record struct KnownAnswer(long Count, ulong Sum)
{
    /// <summary>The sizes the answer belongs to.</summary>
    public static WorkloadParameters Sizes(Workload job) => WorkloadParameters.Default(job, 2) with { Events = 1_000_000 };

    /// <summary>The job's answer.</summary>
    public static KnownAnswer Of(Workload job)
    {
        ArgumentNullException.ThrowIfNull(job);
        return job.Name switch
        {
            "stateless" => new(500_416, 0x0e88e871f2a4dbbe),
            "keyed-sum" => new(1_000_000, 0xc0df1974950fd228),
            "tumbling" => new(99_996, 0x1098dac2d8032213),
            "tumbling-dense" => new(1_000, 0x06b59a4601f3bdbe),
            "sliding" => new(100_000, 0x194c6ef025d1126a),
            "sliding-100" => new(109_000, 0x440e216d1b4a6646),
            "session" => new(393_837, 0x162d74c041367bba),
            "join" => new(98_638, 0x78bb6e5e398ff229),
            _ => throw new ArgumentException($"No answer is known for job '{job.Name}'.", nameof(job)),
        };
    }
}
