using OrleansStream.Hosting;
using OrleansStream.Kafka.Broker;
using OrleansStream.Kafka.Jobs;

namespace OrleansStream.Kafka;

[Collection(SharedKafkaTests.Name)]
public sealed class SmokeTests(SharedKafka kafka)
{
    private readonly Topics _topics = new(kafka.Cluster?.Servers ?? "");

    [KafkaFact]
    public async Task Records_go_from_topic_to_topic_at_least_once_and_exactly_once()
    {
        string from = await _topics.CreateAsync("in");
        string to = await _topics.CreateAsync("out");
        string exactly = await _topics.CreateAsync("exactly");
        _topics.Fill(from, Enumerable.Range(0, 10_000).Select(i => (i % 4, (string?)null, (string?)$"v{i}", 1_000_000L + i)));
        await using LocalCluster cluster = new();
        LocalJob job = cluster.Submit("copy", () => new LambdaJob(env =>
        {
            DataStream<string> stream = env.FromSource(
                KafkaSource.Strings(from).WithBootstrapServers(_topics.Servers).StopAtLatest(), WatermarkStrategy.None<string>()).WithUid("in");
            stream.SinkTo(KafkaSink.Strings(to).WithBootstrapServers(_topics.Servers)).WithUid("to");
            stream.SinkTo(KafkaSink.Strings(exactly).WithBootstrapServers(_topics.Servers).ExactlyOnce()).WithUid("exactly");
        }), new JobOptions { Parallelism = 2, Checkpointing = new CheckpointOptions { Interval = TimeSpan.FromMilliseconds(200), Directory = Directory.CreateTempSubdirectory().FullName } });
        await job.WaitAsync();
        string[] expected = [.. Enumerable.Range(0, 10_000).Select(i => $"v{i}").Order(StringComparer.Ordinal)];
        Assert.Equal(expected, _topics.ReadCommitted(to).Select(r => Topics.Text(r.Message.Value)).Order(StringComparer.Ordinal));
        Assert.Equal(expected, _topics.ReadCommitted(exactly).Select(r => Topics.Text(r.Message.Value)).Order(StringComparer.Ordinal));
    }
}
