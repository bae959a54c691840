namespace OrleansStream.Bench.Workloads;

/// <summary>
/// A job every compared engine implements. <see cref="SizeMs"/> is the window's size (or the session's gap), <see cref="SlideMs"/> its slide;
/// both are 0 where the job has no window.
/// </summary>
public sealed record Workload(string Name, WorkloadKind Kind, long Events, long Keys, long Rate, long SizeMs, long SlideMs)
{
    /// <summary>All jobs with their default sizes, in the order they are run.</summary>
    public static IReadOnlyList<Workload> All { get; } =
    [
        new("stateless", WorkloadKind.Stateless, 50_000_000, 1_000_000, 1000, 0, 0),
        new("keyed-sum", WorkloadKind.KeyedSum, 20_000_000, 1_000_000, 1000, 0, 0),
        new("tumbling", WorkloadKind.WindowCount, 20_000_000, 100_000, 1000, 1000, 1000),
        new("tumbling-dense", WorkloadKind.WindowCount, 50_000_000, 1_000, 1000, 1000, 1000),
        new("sliding", WorkloadKind.WindowSum, 20_000_000, 10_000, 1000, 10_000, 1000),
        new("sliding-100", WorkloadKind.WindowSum, 20_000_000, 1_000, 1000, 10_000, 100),
        new("session", WorkloadKind.Session, 20_000_000, 100_000, 100, 1000, 0),
        new("join", WorkloadKind.Join, 20_000_000, 100_000, 1000, 1000, 1000),
    ];

    /// <summary>The streams the job reads: two for the join, else one.</summary>
    public int Streams => Kind == WorkloadKind.Join ? 2 : 1;

    /// <summary>The job of that name, or null.</summary>
    public static Workload? Find(string name) => All.FirstOrDefault(w => w.Name == name);
}
