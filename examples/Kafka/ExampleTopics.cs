using System.Text.Json;
using Confluent.Kafka;
using Confluent.Kafka.Admin;
using OrleansStream.Examples.Flights;

namespace OrleansStream.Examples.Kafka;

/// <summary>The two topics of the example: made, filled line by line, and read at the end.</summary>
internal sealed class ExampleTopics(string servers, string prefix)
{
    public const int Partitions = 4;
    private const int DaysPerRound = 90;
    private static readonly TimeSpan s_timeout = TimeSpan.FromSeconds(30);

    public string Input => $"{prefix}-flights";

    public string Output => $"{prefix}-delays";

    /// <summary>Makes the topics anew; with resume they must be there.</summary>
    public async Task PrepareAsync(bool isResumed, bool overwrites)
    {
        using IAdminClient admin = Admin();
        string[] there = [.. admin.GetMetadata(s_timeout).Topics.Select(t => t.Topic).Where(t => t == Input || t == Output)];
        if (isResumed)
        {
            if (there.Length < 2)
            {
                throw new OptionsException($"--resume: the topics '{Input}' and '{Output}' are not on {servers}. Give the --prefix and --servers of the run that is to go on.");
            }

            return;
        }

        if (there.Length > 0 && !overwrites)
        {
            throw new OptionsException($"The topic '{there[0]}' exists on {servers}. Give --resume to go on, --overwrite to delete it and begin anew, or another --prefix.");
        }

        if (there.Length > 0)
        {
            await admin.DeleteTopicsAsync(there);
        }

        // A topic that is being deleted is in the way for a moment.
        for (DateTime deadline = DateTime.UtcNow + s_timeout; ; await Task.Delay(100))
        {
            try
            {
                await admin.CreateTopicsAsync([Specify(Input), Specify(Output)]);
                return;
            }
            catch (CreateTopicsException e) when (DateTime.UtcNow < deadline && e.Results.Any(r => r.Error.Code == ErrorCode.TopicAlreadyExists))
            {
            }
        }
    }

    /// <summary>How many records each partition of the input will have.</summary>
    public IReadOnlyDictionary<KafkaPartition, long> Ends(long records) =>
        Enumerable.Range(0, Partitions).ToDictionary(p => new KafkaPartition(Input, p), p => (records / Partitions) + (p < records % Partitions ? 1 : 0));

    /// <summary>Writes the lines of a file, so often, each time with later dates; goes on behind what is there.</summary>
    public async Task FillAsync(string file, int repeat, double? rate, CancellationToken cancel)
    {
        long[] there = EndOffsets(Input);
        using IProducer<Null, byte[]> producer = new ProducerBuilder<Null, byte[]>(new ProducerConfig { BootstrapServers = servers, EnableIdempotence = true, LingerMs = 5 }).SetLogHandler((_, _) => { }).Build();
        long began = Environment.TickCount64;
        long i = 0;
        long written = 0;
        for (int round = 0; round < repeat; round++)
        {
            foreach (string line in File.ReadLines(file))
            {
                cancel.ThrowIfCancellationRequested();
                int partition = (int)(i % Partitions);
                if (i++ / Partitions < there[partition])
                {
                    continue;
                }

                Flight flight = JsonSerializer.Deserialize(line, FlightsJson.Default.Flight)!;
                byte[] value = JsonSerializer.SerializeToUtf8Bytes(flight with { Date = flight.Date.AddDays(round * DaysPerRound) }, FlightsJson.Default.Flight);
                while (!TryProduce(producer, partition, value))
                {
                    producer.Poll(TimeSpan.FromMilliseconds(10));
                }

                written++;
                if (rate is { } perSecond && written / perSecond * 1000 - (Environment.TickCount64 - began) is > 10 and var aheadMs)
                {
                    await Task.Delay((int)aheadMs, cancel);
                }
            }
        }

        producer.Flush(cancel);
    }

    /// <summary>The committed rows of the output.</summary>
    public IEnumerable<HourlyDelay> ReadOutput()
    {
        long[] ends = EndOffsets(Output);
        using IConsumer<Ignore, byte[]> consumer = new ConsumerBuilder<Ignore, byte[]>(Consumer()).SetLogHandler((_, _) => { }).Build();
        consumer.Assign(Enumerable.Range(0, Partitions).Select(p => new TopicPartitionOffset(Output, p, Offset.Beginning)));
        int ended = 0;
        while (ended < Partitions && consumer.Consume(s_timeout) is { } result)
        {
            if (!result.IsPartitionEOF)
            {
                yield return JsonSerializer.Deserialize(result.Message.Value, FlightsJson.Default.HourlyDelay)!;
            }
            else if (result.Offset.Value >= ends[result.Partition.Value])
            {
                ended++;
            }
        }
    }

    private bool TryProduce(IProducer<Null, byte[]> producer, int partition, byte[] value)
    {
        try
        {
            producer.Produce(new TopicPartition(Input, partition), new Message<Null, byte[]> { Value = value });
            return true;
        }
        catch (ProduceException<Null, byte[]> e) when (e.Error.Code == ErrorCode.Local_QueueFull)
        {
            return false;
        }
    }

    private long[] EndOffsets(string topic)
    {
        using IConsumer<Ignore, Ignore> consumer = new ConsumerBuilder<Ignore, Ignore>(Consumer()).SetLogHandler((_, _) => { }).Build();
        return [.. Enumerable.Range(0, Partitions).Select(p => consumer.QueryWatermarkOffsets(new TopicPartition(topic, p), s_timeout).High.Value)];
    }

    private ConsumerConfig Consumer() => new()
    {
        BootstrapServers = servers, GroupId = "orleansstream-example", EnableAutoCommit = false, EnablePartitionEof = true, IsolationLevel = IsolationLevel.ReadCommitted,
    };

    private IAdminClient Admin() => new AdminClientBuilder(new AdminClientConfig { BootstrapServers = servers }).SetLogHandler((_, _) => { }).Build();

    // The flights are of 2001: they must not be retired.
    private static TopicSpecification Specify(string topic) => new()
    {
        Name = topic, NumPartitions = Partitions, ReplicationFactor = -1, Configs = new Dictionary<string, string> { ["retention.ms"] = "-1" },
    };
}
