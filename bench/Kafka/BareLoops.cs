using System.Buffers.Binary;
using System.Diagnostics;
using Confluent.Kafka;
using OrleansStream.Bench.Workloads;

namespace OrleansStream.Bench.Kafka;

/// <summary>What a program does without a framework, with Confluent.Kafka: a thread for some partitions each.</summary>
internal static class BareLoops
{
    private static readonly TimeSpan s_timeout = TimeSpan.FromSeconds(30);

    /// <summary>Reads a topic to its end.</summary>
    /// <returns>How many records there are, their sum, and the time from the first one.</returns>
    public static (long Count, ulong Sum, double Seconds) Consume(string servers, string topic, int threads) => Run(threads, (thread, began) =>
    {
        long count = 0;
        ulong sum = 0;
        Read(servers, topic, thread, threads, began, (key, first, second) =>
        {
            count++;
            sum += Checksum.Record(key, first, second);
        });
        return (count, sum);
    });

    /// <summary>Maps a topic into another, in transactions of a second.</summary>
    public static (long Count, ulong Sum, double Seconds) Map(string servers, string from, string to, int threads) => Run(threads, (thread, began) =>
    {
        using IProducer<byte[], byte[]> producer = new ProducerBuilder<byte[], byte[]>(new ProducerConfig
        {
            BootstrapServers = servers, TransactionalId = $"bare-{to}-{thread}", LingerMs = 5, BatchSize = 131072, QueueBufferingMaxMessages = 500_000, EnableDeliveryReports = false,
        }).Build();
        producer.InitTransactions(s_timeout);
        producer.BeginTransaction();
        long opened = Stopwatch.GetTimestamp();
        long count = 0;
        Read(servers, from, thread, threads, began, (key, value, time) =>
        {
            if (key != KafkaEvents.ClosingKey)
            {
                Produce(producer, to, key, time, (value * 3) + 1);
                count++;
            }

            if ((count & 1023) == 0 && Stopwatch.GetElapsedTime(opened).TotalSeconds >= 1)
            {
                producer.CommitTransaction(s_timeout);
                producer.BeginTransaction();
                opened = Stopwatch.GetTimestamp();
            }
        });
        producer.CommitTransaction(s_timeout);
        return (count, 0UL);
    });

    private static void Produce(IProducer<byte[], byte[]> producer, string topic, long key, long first, long second)
    {
        byte[] keyBytes = new byte[8];
        byte[] value = new byte[16];
        BinaryPrimitives.WriteInt64BigEndian(keyBytes, key);
        BinaryPrimitives.WriteInt64BigEndian(value, first);
        BinaryPrimitives.WriteInt64BigEndian(value.AsSpan(8), second);
        while (true)
        {
            try
            {
                producer.Produce(new TopicPartition(topic, (int)(key % KafkaEvents.Partitions)), new Message<byte[], byte[]> { Key = keyBytes, Value = value });
                return;
            }
            catch (ProduceException<byte[], byte[]> e) when (e.Error.Code == ErrorCode.Local_QueueFull)
            {
                producer.Poll(TimeSpan.FromMilliseconds(10));
            }
        }
    }

    private static void Read(string servers, string topic, int thread, int threads, StrongBox began, Action<long, long, long> take)
    {
        using IConsumer<byte[], byte[]> consumer = new ConsumerBuilder<byte[], byte[]>(new ConsumerConfig
        {
            BootstrapServers = servers, GroupId = $"bare-{topic}", EnableAutoCommit = false, EnableAutoOffsetStore = false, EnablePartitionEof = true, IsolationLevel = IsolationLevel.ReadCommitted,
            // As our source: by default librdkafka fetches nothing for a second when its queue has been full.
            QueuedMaxMessagesKbytes = 32768, FetchQueueBackoffMs = 5,
        }).Build();
        TopicPartitionOffset[] mine = [.. Enumerable.Range(0, KafkaEvents.Partitions).Where(p => p % threads == thread).Select(p => new TopicPartitionOffset(topic, p, Offset.Beginning))];
        consumer.Assign(mine);
        for (int ended = 0; ended < mine.Length;)
        {
            ConsumeResult<byte[], byte[]>? result = consumer.Consume(s_timeout);
            if (result is null)
            {
                throw new TimeoutException($"nothing was read from {topic} for {s_timeout}");
            }

            if (result.IsPartitionEOF)
            {
                ended++;
                continue;
            }

            began.Note();
            (long key, long first, long second) = KafkaEvents.Read(result.Message.Key, result.Message.Value);
            take(key, first, second);
        }
    }

    private static (long Count, ulong Sum, double Seconds) Run(int threads, Func<int, StrongBox, (long Count, ulong Sum)> loop)
    {
        StrongBox began = new();
        (long Count, ulong Sum)[] results = new (long, ulong)[threads];
        Exception? failed = null;
        Thread[] all = [.. Enumerable.Range(0, threads).Select(t => new Thread(() =>
        {
            try
            {
                results[t] = loop(t, began);
            }
            catch (Exception e)
            {
                failed = e;
            }
        }))];
        foreach (Thread thread in all)
        {
            thread.Start();
        }

        foreach (Thread thread in all)
        {
            thread.Join();
        }

        double seconds = Stopwatch.GetElapsedTime(began.Value).TotalSeconds;
        return failed is null ? (results.Sum(r => r.Count), results.Aggregate(0UL, (sum, r) => sum + r.Sum), seconds) : throw new InvalidOperationException("a loop failed", failed);
    }

    private sealed class StrongBox
    {
        private long _value;

        public long Value => Volatile.Read(ref _value);

        public void Note()
        {
            if (_value == 0)
            {
                Interlocked.CompareExchange(ref _value, Stopwatch.GetTimestamp(), 0);
            }
        }
    }
}
