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
    public async Task A_mark_whose_transaction_was_aborted_is_none()
    {
        KafkaSinkOptions options = new() { Topic = await _topics.CreateAsync("out"), Servers = kafka.Cluster!.Servers, MarkTopic = $"marks-{Guid.NewGuid():N}" };
        MarkTopic marks = MarkTopic.Open("test", options);
        EpochMark written = new("a", 1, 1, 1);
        TopicPartition partition = new(marks.Name, marks.PartitionOf("mine"));
        using IProducer<string, byte[]> mine = Producer();
        mine.BeginTransaction();
        await mine.ProduceAsync(partition, new() { Key = "mine", Value = MarkTopic.Write(written) });
        mine.CommitTransaction();
        mine.BeginTransaction();
        await mine.ProduceAsync(partition, new() { Key = "mine", Value = MarkTopic.Write(new("a", 2, 1, 1)) });
        mine.AbortTransaction();

        Assert.Equal(written, marks.Read("mine"));
    }

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
        string elsewhere = ElsewhereThan(marks, partition.Partition.Value);
        await WriteAsync(mine, elsewhere, older);

        Task<EpochMark?> read = Task.Run(() => marks.Read("mine"));
        // Some time longer than it takes to read what a read-committed client sees.
        for (int i = 0; i < 3; i++)
        {
            Assert.Equal(older, await Task.Run(() => marks.Read(elsewhere)));
        }

        Assert.False(read.IsCompleted, "the end of a read-committed client was taken for the end of the marks");
        other.AbortTransaction();
        Assert.Equal(newer, await read);

        async Task WriteAsync(IProducer<string, byte[]> producer, string id, EpochMark mark)
        {
            producer.BeginTransaction();
            await producer.ProduceAsync(new TopicPartition(marks.Name, marks.PartitionOf(id)), new() { Key = id, Value = MarkTopic.Write(mark) });
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
