namespace OrleansStream.Hosting;

/// <summary>The options of a <see cref="LocalCluster"/>.</summary>
public sealed record LocalClusterOptions
{
    /// <summary>Worker threads. Default: the number of processor cores.</summary>
    public int Workers { get; init; } = Environment.ProcessorCount;
}
