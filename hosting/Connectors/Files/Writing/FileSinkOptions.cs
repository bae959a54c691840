namespace OrleansStream.Connectors.Files;

/// <summary>How a file sink writes; the public methods of <see cref="FileSink{T}"/> set it.</summary>
internal sealed record FileSinkOptions
{
    public long PartBytes { get; init; } = 128L << 20;

    public long BufferBytes { get; init; } = 8 << 20;

    public int BlockBytes { get; init; } = 256 << 10;

    public bool AllowMissingParts { get; init; }
}
