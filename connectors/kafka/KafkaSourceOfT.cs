using OrleansStream.Connectors.Kafka.Reading;

namespace OrleansStream;

/// <summary>
/// Reads topics of Kafka; <see cref="KafkaSource"/> makes one. Each method returns a changed copy. A partition is a split: read by one subtask, with a watermark of its own, its offset in the
/// checkpoint. Only committed records of transactions are read. Records have Kafka's timestamp unless the watermark strategy takes another.
/// </summary>
/// <typeparam name="T">The type of the values.</typeparam>
public sealed class KafkaSource<T> : ISource<T>
{
    private readonly KafkaSourceOptions _options;
    private readonly Func<KafkaSourceOptions, RecordReader<T>> _createReader;

    internal KafkaSource(KafkaSourceOptions options, Func<KafkaSourceOptions, RecordReader<T>> createReader)
    {
        _options = options;
        _createReader = createReader;
    }

    /// <inheritdoc/>
    public string Description => $"Kafka {_options.Subject}";

    /// <inheritdoc/>
    public bool IsBounded => _options.Stop is not null;

    /// <summary>Sets the brokers to begin with, as host:port with commas between. Default: localhost:9092.</summary>
    /// <param name="servers">The brokers.</param>
    public KafkaSource<T> WithBootstrapServers(string servers)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(servers);
        return With(_options with { Servers = servers });
    }

    /// <summary>Sets a setting of the client, librdkafka: <c>security.protocol</c>, <c>sasl.username</c>, <c>fetch.wait.max.ms</c>.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="value">Its value.</param>
    /// <exception cref="JobDefinitionException">The setting is the connector's own.</exception>
    public KafkaSource<T> WithSetting(string name, string value) => With(_options with { Settings = _options.Settings.With(name, value) });

    /// <summary>Sets the consumer group to which offsets are committed when a checkpoint has completed. For monitoring only: the job goes on from its checkpoint. Default: none.</summary>
    /// <param name="group">The group.</param>
    public KafkaSource<T> WithGroup(string group)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(group);
        return With(_options with { Group = group });
    }

    /// <summary>Starts with the oldest record of each partition. The default.</summary>
    public KafkaSource<T> StartFromEarliest() => With(_options with { Start = new KafkaStart(KafkaStartKind.Earliest) });

    /// <summary>Starts with the records that come after the first start of the job. Partitions that are made later are read from their beginning.</summary>
    public KafkaSource<T> StartFromLatest() => With(_options with { Start = new KafkaStart(KafkaStartKind.Latest) });

    /// <summary>Starts with the first record of each partition whose timestamp is not before a time.</summary>
    /// <param name="time">The time.</param>
    public KafkaSource<T> StartFromTimestamp(DateTimeOffset time) => With(_options with { Start = new KafkaStart(KafkaStartKind.Timestamp, time.ToUnixTimeMilliseconds()) });

    /// <summary>Starts from the offsets that a consumer group has committed; a partition without one from its oldest record.</summary>
    /// <param name="group">The group; it must exist.</param>
    public KafkaSource<T> StartFromGroup(string group)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(group);
        return With(_options with { Start = new KafkaStart(KafkaStartKind.Group) { Group = group } });
    }

    /// <summary>Starts from given offsets; a partition without one from its oldest record.</summary>
    /// <param name="offsets">The offsets of the first records to read.</param>
    public KafkaSource<T> StartFrom(IReadOnlyDictionary<KafkaPartition, long> offsets)
    {
        ArgumentNullException.ThrowIfNull(offsets);
        return With(_options with { Start = new KafkaStart(KafkaStartKind.Offsets) { Offsets = new Dictionary<KafkaPartition, long>(offsets) } });
    }

    /// <summary>Ends each partition at the offset that is its end when the job first starts, so that the source and with it the job ends.</summary>
    public KafkaSource<T> StopAtLatest() => With(_options with { Stop = new KafkaStop(null) });

    /// <summary>Ends partitions at given offsets; only these partitions are read.</summary>
    /// <param name="offsets">The offsets of the first records that are not read.</param>
    public KafkaSource<T> StopAt(IReadOnlyDictionary<KafkaPartition, long> offsets)
    {
        ArgumentNullException.ThrowIfNull(offsets);
        return With(_options with { Stop = new KafkaStop(new Dictionary<KafkaPartition, long>(offsets)) });
    }

    /// <summary>Sets how often new partitions and topics are looked for. Default: 5 minutes.</summary>
    /// <param name="interval">The interval; null to look once.</param>
    public KafkaSource<T> WithDiscovery(TimeSpan? interval)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(interval ?? TimeSpan.MaxValue, TimeSpan.FromMilliseconds(1));
        return With(_options with { Discovery = interval });
    }

    /// <summary>Reads records of transactions also before they are committed, and of such that are aborted.</summary>
    public KafkaSource<T> ReadUncommitted() => With(_options with { IsUncommitted = true });

    /// <summary>Says what to do when the offset to go on from is gone. Default: fail.</summary>
    /// <param name="policy">What to do.</param>
    public KafkaSource<T> OnMissingOffsets(MissingOffsets policy) => With(_options with { OnMissing = policy });

    /// <summary>Leaves out records without a value (tombstones), which otherwise are bad records. A source made with Records decides by itself.</summary>
    public KafkaSource<T> SkipTombstones() => With(_options with { SkipTombstones = true });

    /// <inheritdoc/>
    public ISplitEnumerator CreateEnumerator(SourceContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        return new PartitionEnumerator(context, _options);
    }

    /// <inheritdoc/>
    public ISourceReader<T> CreateReader(SourceContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        return new PartitionReader<T>(context, _options, _createReader(_options));
    }

    private KafkaSource<T> With(KafkaSourceOptions options) => new(options, _createReader);
}
