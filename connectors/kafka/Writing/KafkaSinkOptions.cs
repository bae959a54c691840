using System.Globalization;
using OrleansStream.Commits;
using OrleansStream.Connectors.Kafka.Reading;

namespace OrleansStream.Connectors.Kafka.Writing;

/// <summary>What a sink was told; the methods of the sinks explain.</summary>
internal sealed record KafkaSinkOptions
{
    private const int DefaultMessageBytes = 1_000_000;

    public required string Topic { get; init; }

    public string Servers { get; init; } = KafkaSourceOptions.DefaultServers;

    public KafkaSettings Settings { get; init; } = new();

    public string? IdPrefix { get; init; }

    public TimeSpan TransactionTimeout { get; init; } = TimeSpan.FromMinutes(1);

    public long MaxTransactionBytes { get; init; } = 64L << 20;

    public long SpoolBytes { get; init; } = 128L << 20;

    public int ChunkBytes { get; init; } = 256 << 10;

    public string MarkTopic { get; init; } = "orleansstream-marks";

    public UnknownEpochPolicy OnUnknown { get; init; }

    /// <summary>The largest record that the client takes.</summary>
    public int MaxMessageBytes =>
        Settings.Find("message.max.bytes") is { } given && int.TryParse(given, NumberStyles.None, CultureInfo.InvariantCulture, out int bytes) ? bytes : DefaultMessageBytes;

    public string TransactionalId(SinkContext context) => $"{IdPrefix ?? context.Job}-{context.OperatorUid}-{context.Subtask}";

    public Dictionary<string, string> ProducerSettings(params ReadOnlySpan<(string Name, string Value)> more)
    {
        // Partitions by key are those of the Java client, so that both can write one topic.
        Dictionary<string, string> all = Settings.Over(
            ("linger.ms", "5"),
            ("batch.size", "131072"),
            ("partitioner", "murmur2_random"),
            ("queue.buffering.max.messages", "500000"),
            ("queue.buffering.max.kbytes", "131072"));
        all["bootstrap.servers"] = Servers;
        all["enable.idempotence"] = "true";
        foreach ((string name, string value) in more)
        {
            all[name] = value;
        }

        return all;
    }
}
