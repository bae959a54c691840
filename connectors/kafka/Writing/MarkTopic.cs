using System.Diagnostics;
using System.Globalization;
using System.Text;
using Confluent.Kafka;
using Confluent.Kafka.Admin;
using OrleansStream.Commits;
using OrleansStream.Connectors.Kafka.Native;
using OrleansStream.Serialization;

namespace OrleansStream.Connectors.Kafka.Writing;

/// <summary>
/// The compacted topic of the marks: under a transactional id the newest mark of it, in the partition of the id's hash. The value is text, <c>1 incarnation checkpoint part parts</c>. Frozen.
/// Blocks.
/// </summary>
internal sealed class MarkTopic
{
    private const int NewPartitions = 8;
    private const string Version = "1";
    private static readonly TimeSpan s_timeout = TimeSpan.FromSeconds(20);

    private readonly string _owner;
    private readonly KafkaSinkOptions _options;
    private readonly int _partitions;

    private MarkTopic(string owner, KafkaSinkOptions options, int partitions)
    {
        _owner = owner;
        _options = options;
        _partitions = partitions;
    }

    public string Name => _options.MarkTopic;

    /// <summary>Finds the topic, and makes it if it is missing.</summary>
    public static MarkTopic Open(string owner, KafkaSinkOptions options)
    {
        Error? trouble = null;
        try
        {
            using IAdminClient admin = KafkaAdmin.Create(options.Servers, options.Settings, error => trouble = error);
            RequireOutput(admin, options.Topic);
            return new MarkTopic(owner, options, Partitions(admin, options.MarkTopic) ?? Create(admin, options.MarkTopic));
        }
        catch (KafkaException e)
        {
            Error told = KafkaFailure.IsTransient((RdErrorCode)e.Error.Code) && trouble is not null ? trouble : e.Error;
            throw KafkaFailure.Describe(owner, $"finding the topics '{options.Topic}' and '{options.MarkTopic}'", options.Servers, new RdError((RdErrorCode)told.Code, told.Reason, told.IsFatal));
        }
    }

    public int PartitionOf(string id) => (int)(XxHash64.Hash(Encoding.UTF8.GetBytes(id)) % (ulong)_partitions);

    public static byte[] Write(EpochMark mark) => Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{Version} {mark.Incarnation} {mark.CheckpointId} {mark.Part} {mark.Parts}"));

    public static EpochMark? Parse(byte[]? value)
    {
        if (value is null)
        {
            return null;
        }

        string[] fields = Encoding.UTF8.GetString(value).Split(' ');
        return fields is [Version, var incarnation, _, _, _]
            && long.TryParse(fields[2], NumberStyles.None, CultureInfo.InvariantCulture, out long checkpoint)
            && int.TryParse(fields[3], NumberStyles.None, CultureInfo.InvariantCulture, out int part)
            && int.TryParse(fields[4], NumberStyles.None, CultureInfo.InvariantCulture, out int parts)
            ? new EpochMark(incarnation, checkpoint, part, parts)
            : null;
    }

    /// <summary>
    /// The mark of an id that the caller has taken, so that no older mark of it can still come; null if it has none. Reads to the end that the partition has now, which may wait for transactions of others.
    /// </summary>
    public EpochMark? Read(string id)
    {
        TopicPartition partition = new(Name, PartitionOf(id));
        Error? trouble = null;
        try
        {
            // What a read-committed client is told is the end lies before the first open transaction, and so before marks that were committed behind that.
            WatermarkOffsets range;
            using (IConsumer<byte[], byte[]> uncommitted = Consumer(IsolationLevel.ReadUncommitted, error => trouble = error))
            {
                range = uncommitted.QueryWatermarkOffsets(partition, s_timeout);
            }

            using IConsumer<byte[], byte[]> consumer = Consumer(IsolationLevel.ReadCommitted, error => trouble = error);
            if (range.High.Value <= range.Low.Value)
            {
                return null;
            }

            consumer.Assign(new TopicPartitionOffset(partition, range.Low));
            EpochMark? mark = null;
            byte[] key = Encoding.UTF8.GetBytes(id);
            long began = Stopwatch.GetTimestamp();
            TimeSpan longest = _options.TransactionTimeout + s_timeout;
            while (true)
            {
                ConsumeResult<byte[], byte[]>? result = consumer.Consume(TimeSpan.FromMilliseconds(500));
                if (result is { IsPartitionEOF: false } && result.Message.Key is { } found && found.AsSpan().SequenceEqual(key))
                {
                    mark = Parse(result.Message.Value);
                }

                if (result is not null && (result.IsPartitionEOF ? result.Offset.Value : result.Offset.Value + 1) >= range.High.Value)
                {
                    return mark;
                }

                if (Stopwatch.GetElapsedTime(began) > longest)
                {
                    throw new ConnectorException(
                        $"'{_owner}': the mark of '{id}' cannot be read: topic '{Name}' partition {partition.Partition.Value} is read up to offset {result?.Offset.Value ?? -1} of {range.High.Value}, and a transaction of another producer "
                        + $"holds the rest back{(trouble is null ? "" : $" ({trouble.Reason})")}. Find it with kafka-transactions.sh find-hanging; it is tried again.", canRetry: true);
                }
            }
        }
        catch (KafkaException e)
        {
            Error told = KafkaFailure.IsTransient((RdErrorCode)e.Error.Code) && trouble is not null ? trouble : e.Error;
            throw KafkaFailure.Describe(_owner, $"reading the mark of '{id}' in topic '{Name}'", _options.Servers, new RdError((RdErrorCode)told.Code, told.Reason, told.IsFatal));
        }
    }

    // With settings of its own: a ConsumerConfig made of another one shares its values, so that what is set in one is set in both.
    private IConsumer<byte[], byte[]> Consumer(IsolationLevel isolation, Action<Error> onError)
    {
        ConsumerConfig config = new(_options.Settings.Over()
            .Where(s => s.Key.StartsWith("sasl.", StringComparison.Ordinal) || s.Key.StartsWith("ssl.", StringComparison.Ordinal) || s.Key.StartsWith("security.", StringComparison.Ordinal))
            .ToDictionary(s => s.Key, s => s.Value))
        {
            BootstrapServers = _options.Servers,
            GroupId = "orleansstream",
            EnableAutoCommit = false,
            EnablePartitionEof = true,
            IsolationLevel = isolation,
            AutoOffsetReset = AutoOffsetReset.Earliest,
        };
        return new ConsumerBuilder<byte[], byte[]>(config).SetErrorHandler((_, error) => onError(error)).SetLogHandler((_, _) => { }).Build();
    }

    private static void RequireOutput(IAdminClient admin, string topic)
    {
        if (Partitions(admin, topic) is null)
        {
            throw new KafkaException(new Error(ErrorCode.UnknownTopicOrPart, $"topic '{topic}' does not exist"));
        }
    }

    private static int? Partitions(IAdminClient admin, string topic)
    {
        TopicMetadata? found = admin.GetMetadata(topic, s_timeout).Topics.Find(t => t.Topic == topic);
        return found?.Error.Code switch
        {
            ErrorCode.NoError => found.Partitions.Count,
            null or ErrorCode.UnknownTopicOrPart => null,
            _ => throw new KafkaException(new Error(found.Error.Code, $"topic '{topic}': {found.Error.Reason}")),
        };
    }

    private static int Create(IAdminClient admin, string topic)
    {
        TopicSpecification specification = new()
        {
            Name = topic,
            NumPartitions = NewPartitions,
            ReplicationFactor = -1,
            Configs = new Dictionary<string, string> { ["cleanup.policy"] = "compact", ["segment.bytes"] = "16777216", ["min.cleanable.dirty.ratio"] = "0.1" },
        };
        try
        {
            admin.CreateTopicsAsync([specification], new CreateTopicsOptions { RequestTimeout = s_timeout, OperationTimeout = s_timeout }).GetAwaiter().GetResult();
        }
        catch (CreateTopicsException e) when (e.Results.All(r => r.Error.Code is ErrorCode.TopicAlreadyExists or ErrorCode.NoError))
        {
            // Another subtask was quicker.
        }
        catch (CreateTopicsException e)
        {
            throw new KafkaException(e.Results[0].Error);
        }

        // Known to all brokers a little later.
        long began = Stopwatch.GetTimestamp();
        int? partitions;
        while ((partitions = Partitions(admin, topic)) is null)
        {
            if (Stopwatch.GetElapsedTime(began) > s_timeout)
            {
                throw new KafkaException(new Error(ErrorCode.UnknownTopicOrPart, $"topic '{topic}' was made and is not found"));
            }

            Thread.Sleep(50);
        }

        return partitions.Value;
    }
}
