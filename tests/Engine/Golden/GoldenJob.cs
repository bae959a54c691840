namespace OrleansStream.Engine.Tests.GoldenJobs;

/// <summary>A job, and what it must commit as a naive model says.</summary>
internal sealed record GoldenJob(string Name, Action<StreamEnvironment> Define, IReadOnlyList<string> Expected)
{
    /// <summary>Whether the output depends on the watermark of each record.</summary>
    public bool PerRecord { get; init; }

    public GoldenOptions Options => new() { WatermarkPerRecord = PerRecord };

    public override string ToString() => Name;
}
