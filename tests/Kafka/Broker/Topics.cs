using System.Text;
using Confluent.Kafka;
using Confluent.Kafka.Admin;

namespace OrleansStream.Kafka.Broker;

/// <summary>Makes, fills and reads topics with Confluent's client, beside the connector.</summary>
internal sealed class Topics(string servers)
{
    private static readonly TimeSpan s_deadline = TimeSpan.FromSeconds(60);

    public string Servers => servers;

    /// <summary>Makes a topic with a name of its own.</summary>
    public async Task<string> CreateAsync(string name, int partitions = 4, short replicas = 1, IReadOnlyDictionary<string, string>? settings = null)
    {
        string topic = $"{name}-{Guid.NewGuid():n}"[..Math.Min(name.Length + 9, 40)];
        await CreateExactAsync(topic, partitions, replicas, settings);
        return topic;
    }

    public async Task CreateExactAsync(string topic, int partitions, short replicas = 1, IReadOnlyDictionary<string, string>? settings = null)
    {
        // Records have times of their own, long ago: they must not be retired.
        Dictionary<string, string> all = new(settings ?? new Dictionary<string, string>());
        all.TryAdd("retention.ms", "-1");
        using IAdminClient admin = Admin();
        await admin.CreateTopicsAsync(
            [new TopicSpecification { Name = topic, NumPartitions = partitions, ReplicationFactor = replicas, Configs = all }]);
        await Eventually.IsTrueAsync(
            () => admin.GetMetadata(topic, s_deadline).Topics is [{ Error.Code: ErrorCode.NoError, Partitions.Count: var n }] && n == partitions, $"topic {topic}");
    }

    public IAdminClient Admin() => new AdminClientBuilder(new AdminClientConfig { BootstrapServers = servers }).SetLogHandler((_, _) => { }).Build();

    public IProducer<byte[]?, byte[]?> Producer(string? transactionalId = null) =>
        new ProducerBuilder<byte[]?, byte[]?>(new ProducerConfig { BootstrapServers = servers, LingerMs = 5, TransactionalId = transactionalId }).SetLogHandler((_, _) => { }).Build();

    public void Fill(string topic, IEnumerable<(int Partition, string? Key, string? Value, long Timestamp)> records)
    {
        using IProducer<byte[]?, byte[]?> producer = Producer();
        foreach ((int partition, string? key, string? value, long timestamp) in records)
        {
            Produce(producer, topic, partition, key, value, timestamp);
        }

        producer.Flush(s_deadline);
    }

    public static void Produce(IProducer<byte[]?, byte[]?> producer, string topic, int partition, string? key, string? value, long timestamp = 0, Headers? headers = null)
    {
        while (true)
        {
            try
            {
                producer.Produce(new TopicPartition(topic, partition), new Message<byte[]?, byte[]?>
                {
                    Key = key is null ? null : Encoding.UTF8.GetBytes(key),
                    Value = value is null ? null : Encoding.UTF8.GetBytes(value),
                    Timestamp = new Timestamp(timestamp, TimestampType.CreateTime),
                    Headers = headers,
                });
                return;
            }
            catch (ProduceException<byte[]?, byte[]?> e) when (e.Error.Code == ErrorCode.Local_QueueFull)
            {
                producer.Poll(TimeSpan.FromMilliseconds(10));
            }
        }
    }

    /// <summary>All committed records up to the ends that the partitions have now.</summary>
    public List<ConsumeResult<byte[]?, byte[]?>> ReadCommitted(string topic)
    {
        using IConsumer<byte[]?, byte[]?> consumer = new ConsumerBuilder<byte[]?, byte[]?>(new ConsumerConfig
        {
            BootstrapServers = servers, GroupId = $"check-{Guid.NewGuid():n}", EnableAutoCommit = false, EnablePartitionEof = true, IsolationLevel = IsolationLevel.ReadCommitted,
        }).SetLogHandler((_, _) => { }).Build();
        long[] ends = EndOffsets(topic);
        consumer.Assign(ends.Select((_, p) => new TopicPartitionOffset(topic, p, Offset.Beginning)));
        List<ConsumeResult<byte[]?, byte[]?>> records = [];
        HashSet<int> done = [.. Enumerable.Range(0, ends.Length).Where(p => ends[p] == 0)];
        DateTime deadline = DateTime.UtcNow + s_deadline;
        while (done.Count < ends.Length)
        {
            Assert.True(DateTime.UtcNow < deadline, $"{topic} cannot be read to its end: a transaction is open");
            ConsumeResult<byte[]?, byte[]?>? result = consumer.Consume(TimeSpan.FromMilliseconds(200));
            if (result is { IsPartitionEOF: true } && result.Offset.Value >= ends[result.Partition.Value])
            {
                done.Add(result.Partition.Value);
            }
            else if (result is { IsPartitionEOF: false })
            {
                records.Add(result);
            }
        }

        return records;
    }

    /// <summary>The ends of the partitions, open transactions and marks of transactions counted too.</summary>
    public long[] EndOffsets(string topic) => EndOffsets(topic, IsolationLevel.ReadUncommitted);

    /// <summary>Whether records of an undecided transaction are in it.</summary>
    public bool HasOpenTransaction(string topic) => EndOffsets(topic, IsolationLevel.ReadUncommitted).Zip(EndOffsets(topic, IsolationLevel.ReadCommitted)).Any(e => e.First > e.Second);

    // To a read-committed client, which is the default, a partition ends where the first open transaction begins.
    private long[] EndOffsets(string topic, IsolationLevel isolation)
    {
        using IConsumer<byte[]?, byte[]?> consumer = new ConsumerBuilder<byte[]?, byte[]?>(
            new ConsumerConfig { BootstrapServers = servers, GroupId = "ends", IsolationLevel = isolation }).SetLogHandler((_, _) => { }).Build();
        using IAdminClient admin = Admin();
        return [.. admin.GetMetadata(topic, s_deadline).Topics[0].Partitions.Select(p => consumer.QueryWatermarkOffsets(new TopicPartition(topic, p.PartitionId), s_deadline).High.Value)];
    }

    public static string Text(byte[]? bytes) => bytes is null ? "-" : Encoding.UTF8.GetString(bytes);
}
