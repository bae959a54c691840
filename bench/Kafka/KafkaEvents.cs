using System.Buffers.Binary;
using OrleansStream.Bench.Workloads;
using OrleansStream.Connectors.Kafka.Native;

namespace OrleansStream.Bench.Kafka;

/// <summary>The events of the Kafka workloads, and the topic that holds them: source s in partition s, then one closing record in each.</summary>
internal static unsafe class KafkaEvents
{
    public const int Partitions = 4;
    public const long ClosingKey = -1;

    private const int KeyBytes = 8;
    private const int ValueBytes = 16;
    private const int CloseAfterMs = 3_600_000;

    /// <summary>Writes the input.</summary>
    public static void Fill(string servers, string topic, long events, long keys, long perMs)
    {
        using RdClient client = new(Rd.Producer, "bench", new Dictionary<string, string>
        {
            ["bootstrap.servers"] = servers, ["linger.ms"] = "20", ["batch.size"] = "1000000", ["queue.buffering.max.messages"] = "500000", ["delivery.report.only.error"] = "true",
            ["enable.idempotence"] = "true",
        });
        nint handle = Rd.TopicNew(client.Handle, topic, 0);
        for (long i = 0; i < events; i++)
        {
            int source = (int)(i % Partitions);
            ulong h = Checksum.Mix((ulong)(i + 1) * Checksum.Golden);
            Write(client, handle, source, (long)((h >> 20) % (ulong)(keys / Partitions) * Partitions) + source, (long)(h & 1023), i / perMs);
        }

        for (int partition = 0; partition < Partitions; partition++)
        {
            Write(client, handle, partition, ClosingKey, 0, (events / perMs) + CloseAfterMs);
        }

        while (Rd.Flush(client.Handle, 1000) != 0)
        {
        }

        Rd.TopicDestroy(handle);
    }

    /// <summary>Reads three numbers of a record.</summary>
    public static (long Key, long First, long Second) Read(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value) =>
        (BinaryPrimitives.ReadInt64BigEndian(key), BinaryPrimitives.ReadInt64BigEndian(value), BinaryPrimitives.ReadInt64BigEndian(value[8..]));

    private static void Write(RdClient client, nint topic, int partition, long key, long value, long time)
    {
        byte* bytes = stackalloc byte[KeyBytes + ValueBytes];
        BinaryPrimitives.WriteInt64BigEndian(new Span<byte>(bytes, 8), key);
        BinaryPrimitives.WriteInt64BigEndian(new Span<byte>(bytes + 8, 8), value);
        BinaryPrimitives.WriteInt64BigEndian(new Span<byte>(bytes + 16, 8), time);
        RdArgument* arguments = stackalloc RdArgument[5];
        arguments[0] = RdArgument.Topic(topic);
        arguments[1] = RdArgument.Partition(partition);
        arguments[2] = RdArgument.Flags(Rd.CopyFlag);
        arguments[3] = RdArgument.Bytes(RdArgumentKind.Key, bytes, KeyBytes);
        arguments[4] = RdArgument.Bytes(RdArgumentKind.Value, bytes + KeyBytes, ValueBytes);
        while (RdError.Take(Rd.Produce(client.Handle, arguments, 5)) is { } error)
        {
            if (error.Code != RdErrorCode.QueueFull)
            {
                throw new InvalidOperationException(error.ToString());
            }

            Rd.Poll(client.Handle, 10);
        }
    }
}
