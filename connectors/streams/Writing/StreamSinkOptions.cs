namespace OrleansStream.Connectors.Streams.Writing;

/// <summary>What a sink was told; the methods of <see cref="OrleansStreamSink{T}"/> explain.</summary>
internal sealed record StreamSinkOptions
{
    public required string Provider { get; init; }

    public required string Namespace { get; init; }

    public int Batch { get; init; } = 100;

    public int Buffer { get; init; } = 4096;

    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(30);
}
