namespace OrleansStream.Connectors.Files;

/// <summary>How a file source reads; the public methods of <see cref="FileSource{T}"/> set it.</summary>
internal sealed record FileSourceOptions<T>
{
    public const int DefaultBlockBytes = 128 << 10;
    public const int DefaultMaxLineBytes = 16 << 20;
    public const long DefaultSplitBytes = 64L << 20;

    public TimeSpan? Watch { get; init; }

    public int Rounds { get; init; } = 1;

    public Func<T, int, T>? Shift { get; init; }

    public double? RecordsPerSecond { get; init; }

    public long SplitBytes { get; init; } = DefaultSplitBytes;

    public int MaxLineBytes { get; init; } = DefaultMaxLineBytes;

    public int BlockBytes { get; init; } = DefaultBlockBytes;

    /// <summary>Files that a reader has open at a time; the others wait for their turn.</summary>
    public int MaxOpenFiles { get; init; } = 64;
}
