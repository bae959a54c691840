namespace OrleansStream.Hosting;

/// <summary>How large a package may be.</summary>
public sealed record PackageLimits
{
    /// <summary>Bytes of all files, unpacked; the zip itself may not be larger either. Default: 256 MiB.</summary>
    public long Bytes { get; init; } = 256L << 20;

    /// <summary>Files. Default: 2,000.</summary>
    public int Files { get; init; } = 2000;
}
