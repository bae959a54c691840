namespace OrleansStream.Connectors.Kafka.Reading;

/// <summary>What a source was told; the methods of <see cref="KafkaSource{T}"/> explain.</summary>
internal sealed record KafkaSourceOptions
{
    public const string DefaultServers = "localhost:9092";

    public IReadOnlyList<string> Topics { get; init; } = [];

    public string? Pattern { get; init; }

    public string Servers { get; init; } = DefaultServers;

    public KafkaSettings Settings { get; init; } = new();

    public string? Group { get; init; }

    public KafkaStart Start { get; init; } = new(KafkaStartKind.Earliest);

    public KafkaStop? Stop { get; init; }

    public TimeSpan? Discovery { get; init; } = TimeSpan.FromMinutes(5);

    public bool IsUncommitted { get; init; }

    public MissingOffsets OnMissing { get; init; }

    public bool SkipTombstones { get; init; }

    /// <summary>What is read, for messages.</summary>
    public string Subject => Pattern is null ? string.Join(", ", Topics) : $"/{Pattern}/";
}

/// <summary>Where a source starts.</summary>
/// <param name="Kind">The kind of place.</param>
/// <param name="Timestamp">With <see cref="KafkaStartKind.Timestamp"/>: milliseconds since 1970.</param>
internal sealed record KafkaStart(KafkaStartKind Kind, long Timestamp = 0)
{
    public string? Group { get; init; }

    public IReadOnlyDictionary<KafkaPartition, long>? Offsets { get; init; }
}

internal enum KafkaStartKind
{
    Earliest,
    Latest,
    Timestamp,
    Group,
    Offsets,
}

/// <summary>Where a source ends.</summary>
/// <param name="Offsets">The offsets; null for the ends at the first start.</param>
internal sealed record KafkaStop(IReadOnlyDictionary<KafkaPartition, long>? Offsets);
