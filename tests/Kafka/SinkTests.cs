using System.Text;
using Confluent.Kafka;
using OrleansStream.Engine.Jobs;
using OrleansStream.Hosting;
using OrleansStream.Kafka.Broker;
using OrleansStream.Kafka.Jobs;

namespace OrleansStream.Kafka;

/// <summary>What sinks write, and what they say when they cannot.</summary>
[Collection(SharedKafkaTests.Name)]
public sealed class SinkTests(SharedKafka kafka)
{
    private readonly Topics _topics = new(kafka.Cluster?.Servers ?? "");

    [KafkaFact]
    public async Task Both_sinks_write_key_value_headers_partition_and_timestamp()
    {
        foreach (bool exactly in new[] { false, true })
        {
            string topic = await _topics.CreateAsync("whole");
            KafkaSink<int> sink = KafkaSink.For<int>(topic).Records((in int value, KafkaRecordBuilder record) =>
            {
                record.Partition = value % 4;
                record.Timestamp = 5000 + value;
                record.Key.WriteInt64(value);
                if (value != 3)
                {
                    record.Value.Write($"v{value}");
                }

                record.AddHeader("a", Encoding.UTF8.GetBytes($"h{value}"));
                record.AddHeader("empty", []);
            }).WithBootstrapServers(_topics.Servers);
            await RunAsync(exactly ? sink.ExactlyOnce() : sink, Enumerable.Range(0, 8));
            List<ConsumeResult<byte[]?, byte[]?>> records = _topics.ReadCommitted(topic);
            Assert.Equal(8, records.Count);
            foreach (ConsumeResult<byte[]?, byte[]?> record in records)
            {
                int value = record.Message.Key![7];
                Assert.Equal(value % 4, record.Partition.Value);
                Assert.Equal(5000 + value, record.Message.Timestamp.UnixTimestampMs);
                Assert.Equal(value == 3 ? "-" : $"v{value}", Topics.Text(record.Message.Value));
                Assert.Equal(["a", "empty"], record.Message.Headers.Select(h => h.Key));
                Assert.Equal($"h{value}", Topics.Text(record.Message.Headers.GetLastBytes("a")));
                Assert.Empty(record.Message.Headers.GetLastBytes("empty"));
            }
        }
    }

    [KafkaFact]
    public async Task An_epoch_that_does_not_fit_into_memory_is_spooled_to_a_file_and_written_in_several_transactions()
    {
        string topic = await _topics.CreateAsync("large");
        string text = new('x', 200);
        await RunAsync(
            KafkaSink.For<int>(topic).Records((in int value, KafkaRecordBuilder record) => record.Value.Write($"{value} {text}")).WithBootstrapServers(_topics.Servers)
                .ExactlyOnce().WithChunkBytes(8000).WithSpoolBytes(100_000).WithMaxTransactionBytes(500_000),
            Enumerable.Range(0, 20_000));
        Assert.Equal(Enumerable.Range(0, 20_000), _topics.ReadCommitted(topic).Select(r => int.Parse(Topics.Text(r.Message.Value).Split(' ')[0], System.Globalization.CultureInfo.InvariantCulture)).Order());
    }

    [KafkaFact]
    public async Task Keys_decide_the_partition_as_in_the_java_client()
    {
        string topic = await _topics.CreateAsync("keys");
        await RunAsync(KafkaSink.For<int>(topic).Records((in int value, KafkaRecordBuilder record) => record.Value.Write($"{value}")).WithKeys(v => $"key-{v}").WithBootstrapServers(_topics.Servers), Enumerable.Range(0, 5));

        // murmur2("key-0"…"key-4") modulo 4, from Kafka's own producer.
        Dictionary<string, int> partitions = _topics.ReadCommitted(topic).ToDictionary(r => Topics.Text(r.Message.Key), r => r.Partition.Value);
        Assert.Equal(Enumerable.Range(0, 5).Select(i => Murmur2($"key-{i}") % 4), Enumerable.Range(0, 5).Select(i => partitions[$"key-{i}"]));
    }

    [KafkaFact]
    public async Task Errors_name_topic_size_and_remedy()
    {
        string topic = await _topics.CreateAsync("errors", settings: new Dictionary<string, string> { ["max.message.bytes"] = "2000" });
        KafkaSink<int> large = KafkaSink.For<int>(topic).Records((in int value, KafkaRecordBuilder record) => record.Value.Write(new string('x', value))).WithBootstrapServers(_topics.Servers);
        foreach (ISink<int> sink in new ISink<int>[] { large, large.ExactlyOnce() })
        {
            Assert.Contains("max.message.bytes", (await OutcomeAsync(sink, [3000])).Error!.Message, StringComparison.Ordinal);
            Assert.Contains("message.max.bytes", (await OutcomeAsync(sink, [1_100_000])).Error!.Message, StringComparison.Ordinal);
        }

        JobOutcome missing = await OutcomeAsync(KafkaSink.For<int>("no-such-topic").Records((in int _, KafkaRecordBuilder record) => record.Value.SetEmpty()).WithBootstrapServers(_topics.Servers).ExactlyOnce(), [1]);
        Assert.Contains("no-such-topic", missing.Error!.Message, StringComparison.Ordinal);
        Assert.Contains("Create the topic", missing.Error.Message, StringComparison.Ordinal);
    }

    private static int Murmur2(string key)
    {
        byte[] data = Encoding.UTF8.GetBytes(key);
        uint h = 0x9747b28c ^ (uint)data.Length;
        for (int i = 0; i + 4 <= data.Length; i += 4)
        {
            uint k = BitConverter.ToUInt32(data, i) * 0x5bd1e995;
            k ^= k >> 24;
            h = (h * 0x5bd1e995) ^ (k * 0x5bd1e995);
        }

        for (int i = (data.Length % 4) - 1; i >= 0; i--)
        {
            h ^= (uint)data[(data.Length & ~3) + i] << (8 * i);
            h = i == 0 ? h * 0x5bd1e995 : h;
        }

        h ^= h >> 13;
        h *= 0x5bd1e995;
        return (int)((h ^ (h >> 15)) & 0x7fffffff);
    }

    private static async Task RunAsync(ISink<int> sink, IEnumerable<int> values)
    {
        JobOutcome outcome = await OutcomeAsync(sink, values);
        Assert.True(outcome.Error is null, outcome.Error?.ToString());
    }

    private static async Task<JobOutcome> OutcomeAsync(ISink<int> sink, IEnumerable<int> values)
    {
        int[] all = [.. values];
        await using LocalCluster cluster = new();
        LocalJob job = cluster.Submit($"sink-{Guid.NewGuid():n}", () => new LambdaJob(env => env.FromCollection(all).WithUid("in").SinkTo(sink).WithUid("sink")), new JobOptions
        {
            Parallelism = 1,
            Checkpointing = new CheckpointOptions { Interval = TimeSpan.FromMilliseconds(100), Directory = Directory.CreateTempSubdirectory("ostream-sink-").FullName },
            Restart = new RestartOptions { Strategy = RestartKind.None },
        });
        return await job.Completion;
    }
}
