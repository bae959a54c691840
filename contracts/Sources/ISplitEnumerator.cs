namespace OrleansStream;

/// <summary>Finds the splits of a source. Each split that is not known yet is assigned to a reader; a split once known stays so, also across restores.</summary>
public interface ISplitEnumerator : IDisposable
{
    /// <summary>How long to wait until the next discovery; null to discover once.</summary>
    TimeSpan? DiscoveryInterval { get; }

    /// <summary>Lists the splits that exist now, known ones too. Runs on the host's I/O pool and may block; an exception fails the attempt.</summary>
    IReadOnlyList<SourceSplit> Discover();
}
