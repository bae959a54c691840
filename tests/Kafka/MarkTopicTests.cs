using Confluent.Kafka;
using OrleansStream.Commits;
using OrleansStream.Connectors.Kafka.Writing;
using OrleansStream.Kafka.Broker;

namespace OrleansStream.Kafka;

/// <summary>What is read of the marks.</summary>
[Collection(SharedKafkaTests.Name)]
public sealed class MarkTopicTests(SharedKafka kafka)
{
    private readonly Topics _topics = new(kafka.Cluster?.Servers ?? "");

    [KafkaFact]
    public async Task A_mark_behind_an_open_transaction_of_another_is_waited_for()
    {
        KafkaSinkOptions options = new() { Topic = await _topics.CreateAsync("out"), Servers = kafka.Cluster!.Servers, MarkTopic = $"marks-{Guid.NewGuid():N}" };
        MarkTopic marks = MarkTopic.Open("test", options);
        EpochMark older = new("a", 1, 1, 1);
        EpochMark newer = new("a", 2, 1, 1);
        TopicPartition partition = new(marks.Name, marks.PartitionOf("mine"));
        using IProducer<string, byte[]> mine = Producer();
        using IProducer<string, byte[]> other = Producer();
        await WriteAsync(mine, "mine", older);
        other.BeginTransaction();
        await other.ProduceAsync(partition, new() { Key = "other", Value = MarkTopic.Write(older) });
        await WriteAsync(mine, "mine", newer);

        Task<EpochMark?> read = Task.Run(() => marks.Read("mine"));
        // As long as it takes to read to where a read-committed client sees the end.
        Assert.Null(await Task.Run(() => marks.Read(ElsewhereThan(marks, partition.Partition.Value))));
        other.AbortTransaction();
        Assert.Equal(newer, await read);

        async Task WriteAsync(IProducer<string, byte[]> producer, string id, EpochMark mark)
        {
            producer.BeginTransaction();
            await producer.ProduceAsync(partition, new() { Key = id, Value = MarkTopic.Write(mark) });
            producer.CommitTransaction();
        }
    }

    // Another partition, which has no mark.
    private static string ElsewhereThan(MarkTopic marks, int partition) =>
        Enumerable.Range(0, 1000).Select(i => $"id {i}").First(id => marks.PartitionOf(id) != partition);

    private IProducer<string, byte[]> Producer()
    {
        IProducer<string, byte[]> producer = new ProducerBuilder<string, byte[]>(
            new ProducerConfig { BootstrapServers = kafka.Cluster!.Servers, TransactionalId = Guid.NewGuid().ToString("N") }).Build();
        producer.InitTransactions(TimeSpan.FromSeconds(30));
        return producer;
    }
}
