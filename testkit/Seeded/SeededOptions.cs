namespace OrleansStream.TestKit;

/// <summary>How a <see cref="SeededHost"/> runs.</summary>
public sealed record SeededOptions
{
    /// <summary>Decides about everything that is left open. Default: 1.</summary>
    public long Seed { get; init; } = 1;

    /// <summary>The virtual time at the start, in milliseconds since the Unix epoch. Default: 2026-01-01T00:00:00Z.</summary>
    public long StartMs { get; init; } = 1_767_225_600_000;

    /// <summary>
    /// How many steps take a millisecond of virtual time; 0 for no time at all, so that time only jumps, when nothing else can run. Default: 0.
    /// </summary>
    public int StepsPerMs { get; init; }

    /// <summary>After this many steps the run counts as stuck. Default: 5 million.</summary>
    public long StepLimit { get; init; } = 5_000_000;

    /// <summary>The services that functions, sources and sinks see; null for a <see cref="CollectedResults"/> only.</summary>
    public IServiceProvider? Services { get; init; }
}
