using System.Globalization;
using System.Text;
using System.Text.Json.Serialization;
using Confluent.Kafka;
using OrleansStream.Engine.Jobs;
using OrleansStream.Hosting;
using OrleansStream.Kafka.Broker;
using OrleansStream.Kafka.Jobs;

namespace OrleansStream.Kafka;

/// <summary>What a source reads, from where to where, and what it does with what it cannot read.</summary>
[Collection(SharedKafkaTests.Name)]
public sealed class SourceTests(SharedKafka kafka)
{
    private readonly Topics _topics = new(kafka.Cluster?.Servers ?? "");

    [KafkaFact]
    public async Task A_bounded_source_reads_what_is_there_from_earliest_latest_a_timestamp_given_offsets_and_a_group()
    {
        string topic = await FilledAsync(1000);
        Assert.Equal(Numbers(0, 1000), await ReadAsync(Of(topic)));
        Assert.Empty(await ReadAsync(Of(topic).StartFromLatest()));
        Assert.Equal(Numbers(600, 1000), await ReadAsync(Of(topic).StartFromTimestamp(DateTimeOffset.FromUnixTimeMilliseconds(1_000_600))));
        Assert.Empty(await ReadAsync(Of(topic).StartFromTimestamp(DateTimeOffset.FromUnixTimeMilliseconds(9_000_000))));
        Dictionary<KafkaPartition, long> offsets = Enumerable.Range(0, 4).ToDictionary(p => new KafkaPartition(topic, p), _ => 100L);
        Assert.Equal(Numbers(400, 1000), await ReadAsync(Of(topic).StartFrom(offsets)));
        Assert.Equal(Numbers(0, 400), await ReadAsync(KafkaSource.Strings(topic).WithBootstrapServers(_topics.Servers).StopAt(offsets)));

        string group = $"group-{topic}";
        using (IAdminClient admin = _topics.Admin())
        {
            await admin.AlterConsumerGroupOffsetsAsync([new ConsumerGroupTopicPartitionOffsets(group, [.. Enumerable.Range(0, 4).Select(p => new TopicPartitionOffset(topic, p, 200))])]);
        }

        Assert.Equal(Numbers(800, 1000), await ReadAsync(Of(topic).StartFromGroup(group)));
    }

    [KafkaFact]
    public async Task Aborted_and_open_transactions_are_not_read()
    {
        string topic = await FilledAsync(40);
        using IProducer<byte[]?, byte[]?> producer = _topics.Producer($"tx-{topic}");
        producer.InitTransactions(TimeSpan.FromSeconds(30));
        foreach (bool isCommitted in new[] { false, true, false })
        {
            producer.BeginTransaction();
            for (int i = 0; i < 8; i++)
            {
                Topics.Produce(producer, topic, i % 4, null, isCommitted ? $"{1000 + i}" : "no");
            }

            if (isCommitted)
            {
                producer.CommitTransaction();
            }
            else
            {
                producer.Flush(TimeSpan.FromSeconds(30));
                producer.AbortTransaction();
            }
        }

        producer.BeginTransaction();
        Topics.Produce(producer, topic, 0, null, "open");
        producer.Flush(TimeSpan.FromSeconds(30));
        Assert.Equal([.. Numbers(0, 40), .. Numbers(1000, 1008)], await ReadAsync(Of(topic)));
        Assert.Contains("open", await ReadAsync(Of(topic).ReadUncommitted()));
        producer.AbortTransaction();
    }

    [KafkaFact]
    public async Task Records_are_read_with_key_headers_timestamp_and_place()
    {
        string topic = await _topics.CreateAsync("whole", 1);
        using (IProducer<byte[]?, byte[]?> producer = _topics.Producer())
        {
            Topics.Produce(producer, topic, 0, "k", "v", 1234, new Headers { { "h", Encoding.UTF8.GetBytes("first") }, { "h", Encoding.UTF8.GetBytes("last") } });
            Topics.Produce(producer, topic, 0, null, null, 1235);
            producer.Flush(TimeSpan.FromSeconds(30));
        }

        KafkaSource<string> source = KafkaSource.For<string>(topic).Records((in KafkaRecord record, out string value) =>
        {
            value = string.Create(
                CultureInfo.InvariantCulture,
                $"{record.Topic == topic} {record.Partition} {record.Offset} {record.Timestamp} {record.HasKey} {Encoding.UTF8.GetString(record.Key)} {record.HasValue} {Encoding.UTF8.GetString(record.Value)} {record.Headers.Text("h")} {record.Headers.Text("none")}");
            return true;
        }).WithBootstrapServers(_topics.Servers).StopAtLatest();
        Assert.Equal(["True 0 0 1234 True k True v last ", "True 0 1 1235 False  False   "], await ReadAsync(source));
    }

    [KafkaFact]
    public async Task Json_and_csv_are_read_and_bad_records_are_named_counted_or_put_aside()
    {
        string topic = await _topics.CreateAsync("json", 1);
        _topics.Fill(topic, [(0, null, """{"name":"a","number":1}""", 1), (0, null, """{"name":"b","number":"x"}""", 2), (0, null, null, 3), (0, null, """{"name":"c","number":3}""", 4)]);
        KafkaSource<Item> source = KafkaSource.For<Item>(topic).JsonValues(ItemJson.Default.Item).WithBootstrapServers(_topics.Servers).StopAtLatest();
        Assert.Equal([new Item("a", 1), new Item("c", 3)], await ReadAsync(source, BadRecordPolicy.Skip, bad: 2));
        Assert.Equal([new Item("a", 1), new Item("c", 3)], await ReadAsync(source.SkipTombstones(), BadRecordPolicy.Skip, bad: 1));
        JobOutcome failed = await RunAsync(source, BadRecordPolicy.Fail, "fail");
        Assert.Contains($"{topic}/0, offset 1: the value is no Item in JSON", failed.Error!.Message, StringComparison.Ordinal);
        Assert.Contains("--on-bad-record", failed.Error.Message, StringComparison.Ordinal);

        string csv = await _topics.CreateAsync("csv", 1);
        _topics.Fill(csv, [(0, null, "a,1", 1), (0, null, "\"b,b\",2\n", 2), (0, null, "c", 3), (0, null, "d,4\ne,5", 4)]);
        Assert.Equal(
            [new Item("a", 1), new Item("b,b", 2)],
            await ReadAsync(KafkaSource.For<Item>(csv).CsvValues(["name", "number"]).WithBootstrapServers(_topics.Servers).StopAtLatest(), BadRecordPolicy.Skip, bad: 2));
    }

    [KafkaFact]
    public async Task New_partitions_and_topics_are_found_and_read_from_their_beginning()
    {
        string prefix = $"found-{Guid.NewGuid():n}"[..14];
        await _topics.CreateExactAsync($"{prefix}-a", 1);
        _topics.Fill($"{prefix}-a", [(0, null, "old", 1)]);
        await using LocalCluster cluster = new();
        KafkaSource<string> source = KafkaSource.Matching<string>($"{prefix}-.*").Records(ReadText)
            .WithBootstrapServers(_topics.Servers).StartFromLatest().WithDiscovery(TimeSpan.FromMilliseconds(100));
        LocalJob job = Submit(cluster, source, "found");
        await Eventually.IsTrueAsync(() => job.Status.Operators.Any(o => o.Lag == 0), "the first partition to be read");
        await _topics.CreateExactAsync($"{prefix}-b", 2);
        _topics.Fill($"{prefix}-b", [(0, null, "b0", 1), (1, null, "b1", 1)]);
        using (IAdminClient admin = _topics.Admin())
        {
            await admin.CreatePartitionsAsync([new Confluent.Kafka.Admin.PartitionsSpecification { Topic = $"{prefix}-a", IncreaseTo = 2 }]);
            await Eventually.IsTrueAsync(() => admin.GetMetadata($"{prefix}-a", TimeSpan.FromSeconds(30)).Topics[0].Partitions.Count == 2, "the second partition");
        }

        _topics.Fill($"{prefix}-a", [(1, null, "a1", 1)]);
        await Eventually.IsTrueAsync(() => cluster.Collected<string>("rows").Count >= 3, "the records of what was found");
        Assert.Equal(["a1", "b0", "b1"], cluster.Collected<string>("rows").Order());
        await job.CancelAsync();
    }

    [KafkaFact]
    public async Task Lag_is_known_and_offsets_are_committed_to_the_group()
    {
        string topic = await FilledAsync(400);
        await using LocalCluster cluster = new();
        LocalJob job = Submit(cluster, Unbounded(topic).WithGroup($"watch-{topic}"), "lag");
        await Eventually.IsTrueAsync(() => cluster.Collected<string>("rows").Count == 400 && job.Status.Operators.Any(o => o.Lag == 0), "all to be read");
        using IAdminClient admin = _topics.Admin();
        await Eventually.IsTrueAsync(
            () => admin.ListConsumerGroupOffsetsAsync([new ConsumerGroupTopicPartitions($"watch-{topic}", null)]).Result[0].Partitions.Sum(p => p.Offset.Value) == 400, "the offsets of the group");
        await job.CancelAsync();
    }

    [KafkaFact]
    public async Task A_partition_without_records_holds_no_watermark_back()
    {
        string topic = await _topics.CreateAsync("idle", 2);
        await using LocalCluster cluster = new();
        LocalJob job = cluster.Submit("idle", () => new LambdaJob(env =>
            env.FromSource(Unbounded(topic), WatermarkStrategy.BoundedOutOfOrderness<string>(TimeSpan.Zero).WithIdleness(TimeSpan.FromMilliseconds(300))).WithUid("in")
                .KeyBy(v => v).Window(TumblingWindows.Of(TimeSpan.FromSeconds(1))).Aggregate(new Count(), (window, key, count) => $"{key} {window.Start} {count}").WithUid("counts")
                .Collect("rows").WithUid("rows")), Options());
        _topics.Fill(topic, [(0, null, "x", 1000), (0, null, "x", 1500), (0, null, "y", 5000)]);
        await Eventually.IsTrueAsync(() => cluster.Collected<string>("rows").Count >= 1, "the window to fire");
        Assert.Equal("x 1000 2", cluster.Collected<string>("rows")[0]);
        await job.CancelAsync();
    }

    /// <summary>Both partitions are read by one subtask; the times of one pass a hundred times as fast.</summary>
    [KafkaFact]
    public async Task A_partition_that_is_ahead_of_its_alignment_group_is_left_out()
    {
        const int DriftMs = 100_000;
        const int Records = 4000;
        string topic = await _topics.CreateAsync("aligned", 2);
        _topics.Fill(topic, Enumerable.Range(0, Records).SelectMany(i => new[] { (0, (string?)null, (string?)"slow", 1_000_000L + i), (1, null, "fast", 1_000_000L + (i * 100)) }));
        await using LocalCluster cluster = new();
        LocalJob job = cluster.Submit("aligned", () => new LambdaJob(env =>
            env.FromSource(
                    Of(topic),
                    WatermarkStrategy.BoundedOutOfOrderness<string>(TimeSpan.Zero).WithAlignment("partitions", TimeSpan.FromMilliseconds(DriftMs)))
                .WithUid("in").Collect("rows").WithUid("rows")), Options() with { Parallelism = 1, WatermarkInterval = TimeSpan.Zero });
        await job.WaitAsync();
        List<string> rows = [.. cluster.Collected<string>("rows")];
        Assert.Equal(2 * Records, rows.Count);

        // The fast one waits at a quarter of its records until the slow one has ended, or where it was when the slow one's first record came; a batch may be on its way.
        int most = Math.Max(DriftMs / 100, rows.IndexOf("slow")) + (Records / 100) + 1024;
        Assert.InRange(rows.Take(rows.LastIndexOf("slow")).Count(r => r == "fast"), 0, most);
    }

    [KafkaFact]
    public async Task Stopped_and_resumed_with_other_parallelism_each_record_is_read_once()
    {
        string topic = await FilledAsync(500);
        string folder = Directory.CreateTempSubdirectory("ostream-source-").FullName;
        List<string> seen = [];
        foreach (int parallelism in new[] { 4, 1, 3 })
        {
            await using LocalCluster cluster = new();
            LocalJob job = Submit(cluster, Unbounded(topic), "resume", Options() with { Parallelism = parallelism, Resume = true, Checkpointing = new CheckpointOptions { Interval = TimeSpan.FromMilliseconds(100), Directory = folder } });
            // Not the lag: a subtask that has no partition yet knows of none.
            await Eventually.IsTrueAsync(() => job.Status.Operators.Any(o => o.Uid == "in" && o.RecordsOut == (parallelism == 4 ? 500 : 100)), "all to be read");
            await job.StopAsync();
            seen.AddRange(cluster.Collected<string>("rows"));
            int first = 500 + (Array.IndexOf([4, 1, 3], parallelism) * 100);
            _topics.Fill(topic, Enumerable.Range(first, 100).Select(i => (i % 4, (string?)null, (string?)$"{i}", 1_000_000L + i)));
        }

        // The epoch of the final checkpoint is given out again by the next process's memory.
        Assert.Equal(Numbers(0, 700), seen.Distinct().OrderBy(s => int.Parse(s, CultureInfo.InvariantCulture)));
        Directory.Delete(folder, recursive: true);
    }

    [KafkaFact]
    public async Task Errors_name_the_topic_the_broker_or_the_offset_and_the_remedy()
    {
        JobOutcome topic = await RunAsync(Of("no-such-topic"), BadRecordPolicy.Fail, "topic");
        Assert.Contains("no-such-topic", topic.Error!.Message, StringComparison.Ordinal);
        Assert.Contains("Create the topic", topic.Error.Message, StringComparison.Ordinal);

        JobOutcome group = await RunAsync(Of(await FilledAsync(1)).StartFromGroup("no-such-group"), BadRecordPolicy.Fail, "group");
        Assert.Contains("StartFromGroup", group.Error!.Message, StringComparison.Ordinal);

        JobOutcome broker = await RunAsync(KafkaSource.Strings("in").WithBootstrapServers("127.0.0.1:1").WithSetting("socket.connection.setup.timeout.ms", "1000"), BadRecordPolicy.Fail, "broker");
        Assert.Contains("No broker of '127.0.0.1:1' is reached", broker.Error!.Message, StringComparison.Ordinal);

        string short1 = await FilledAsync(100);
        JobOutcome offset = await RunAsync(Unbounded(short1).StartFrom(new Dictionary<KafkaPartition, long> { [new KafkaPartition(short1, 2)] = 5000 }), BadRecordPolicy.Fail, "offset");
        Assert.Contains($"{short1}/2 from offset 5000", offset.Error!.Message, StringComparison.Ordinal);
        Assert.Contains("OnMissingOffsets", offset.Error.Message, StringComparison.Ordinal);

        Assert.Contains("enable.auto.commit", Assert.Throws<JobDefinitionException>(() => Of("t").WithSetting("enable.auto.commit", "true")).Message, StringComparison.Ordinal);
        JobOutcome setting = await RunAsync(Of(short1).WithSetting("no.such.setting", "1"), BadRecordPolicy.Fail, "setting");
        Assert.Contains("no.such.setting = 1", setting.Error!.Message, StringComparison.Ordinal);
    }

    private static bool ReadText(in KafkaRecord record, out string value)
    {
        value = Encoding.UTF8.GetString(record.Value);
        return true;
    }

    private static string[] Numbers(int from, int to) => [.. Enumerable.Range(from, to - from).Select(i => i.ToString(CultureInfo.InvariantCulture))];

    private static JobOptions Options() => new()
    {
        Parallelism = 2,
        Checkpointing = new CheckpointOptions { Interval = TimeSpan.FromMilliseconds(100), Directory = Directory.CreateTempSubdirectory("ostream-source-").FullName },
        Restart = new RestartOptions { Strategy = RestartKind.None },
    };

    private static LocalJob Submit<T>(LocalCluster cluster, KafkaSource<T> source, string name, JobOptions? options = null) => cluster.Submit(
        name, () => new LambdaJob(env => env.FromSource(source, WatermarkStrategy.None<T>()).WithUid("in").Collect("rows").WithUid("rows")), options ?? Options());

    private KafkaSource<string> Unbounded(string topic) => KafkaSource.Strings(topic).WithBootstrapServers(_topics.Servers);

    private KafkaSource<string> Of(string topic) => Unbounded(topic).StopAtLatest();

    private async Task<string> FilledAsync(int count)
    {
        string topic = await _topics.CreateAsync("numbers");
        _topics.Fill(topic, Enumerable.Range(0, count).Select(i => (i % 4, (string?)null, (string?)i.ToString(CultureInfo.InvariantCulture), 1_000_000L + i)));
        return topic;
    }

    private static async Task<JobOutcome> RunAsync<T>(KafkaSource<T> source, BadRecordPolicy policy, string name)
    {
        await using LocalCluster cluster = new();
        return await Submit(cluster, source, name, Options() with { OnBadRecord = policy }).Completion;
    }

    private static async Task<IReadOnlyList<T>> ReadAsync<T>(KafkaSource<T> source, BadRecordPolicy policy = BadRecordPolicy.Fail, int bad = 0)
    {
        await using LocalCluster cluster = new();
        LocalJob job = Submit(cluster, source, "read", Options() with { OnBadRecord = policy });
        await job.WaitAsync();
        Assert.Equal(bad, job.Status.Operators.Sum(o => o.BadRecords));
        IReadOnlyList<T> rows = cluster.Collected<T>("rows");
        return typeof(T) == typeof(string) && rows.All(r => int.TryParse((string)(object)r!, out _)) ? [.. rows.OrderBy(r => int.Parse((string)(object)r!, CultureInfo.InvariantCulture))] : rows;
    }

    public readonly struct Count : IAggregate<string, int, int>
    {
        public int Create() => 0;

        public void Add(ref int count, in string value) => count++;

        public void Merge(ref int into, in int from) => into += from;

        public int Result(in int count) => count;
    }
}

public sealed record Item(string Name, int Number);

[JsonSourceGenerationOptions(PropertyNameCaseInsensitive = true)]
[JsonSerializable(typeof(Item))]
public sealed partial class ItemJson : JsonSerializerContext;
