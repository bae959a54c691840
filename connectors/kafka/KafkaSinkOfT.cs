using OrleansStream.Connectors.Kafka.Writing;

namespace OrleansStream;

/// <summary>
/// Writes a topic of Kafka; <see cref="KafkaSink"/> makes one. Each method returns a changed copy. As it is, at least once: records are written as they come, and all are delivered when a
/// checkpoint has completed; after a failure those since the last checkpoint are written again. <see cref="ExactlyOnce"/> has none twice.
/// </summary>
/// <typeparam name="T">The type of the values.</typeparam>
public sealed class KafkaSink<T> : ISink<T>
{
    private readonly KafkaSinkOptions _options;
    private readonly Func<KafkaRecordWriter<T>> _createWriter;

    internal KafkaSink(KafkaSinkOptions options, Func<KafkaRecordWriter<T>> createWriter)
    {
        _options = options;
        _createWriter = createWriter;
    }

    /// <inheritdoc/>
    public string Description => $"Kafka {_options.Topic}";

    /// <summary>Sets the brokers to begin with, as host:port with commas between. Default: localhost:9092.</summary>
    /// <param name="servers">The brokers.</param>
    public KafkaSink<T> WithBootstrapServers(string servers)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(servers);
        return With(_options with { Servers = servers });
    }

    /// <summary>Sets a setting of the client, librdkafka: <c>compression.type</c>, <c>linger.ms</c>, <c>sasl.username</c>.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="value">Its value.</param>
    /// <exception cref="JobDefinitionException">The setting is the connector's own.</exception>
    public KafkaSink<T> WithSetting(string name, string value) => With(_options with { Settings = _options.Settings.With(name, value) });

    /// <summary>Gives records a key, which decides their partition unless one is set.</summary>
    /// <param name="key">The key of a value, written as UTF-8; null for none.</param>
    public KafkaSink<T> WithKeys(Func<T, string?> key)
    {
        ArgumentNullException.ThrowIfNull(key);
        return new KafkaSink<T>(_options, () =>
        {
            KafkaRecordWriter<T> write = _createWriter();
            return (in T value, KafkaRecordBuilder record) =>
            {
                write(in value, record);
                if (key(value) is { } text)
                {
                    record.Key.SetEmpty();
                    record.Key.Write(text);
                }
            };
        });
    }

    /// <summary>
    /// Makes records visible with the checkpoint that covers them, each once, to consumers that read committed records only. Until then they are kept in the checkpoint, so that output appears after
    /// up to a checkpoint interval.
    /// </summary>
    public ExactlyOnceKafkaSink<T> ExactlyOnce() => new(_options, _createWriter);

    /// <inheritdoc/>
    public ISinkWriter<T> CreateWriter(SinkContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        return new DirectWriter<T>(context, _options, _createWriter());
    }

    private KafkaSink<T> With(KafkaSinkOptions options) => new(options, _createWriter);
}
