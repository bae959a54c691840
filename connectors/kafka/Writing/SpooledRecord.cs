using System.Buffers.Binary;
using OrleansStream.Connectors.Kafka.Native;

namespace OrleansStream.Connectors.Kafka.Writing;

/// <summary>
/// A record as it is kept in a checkpoint: <c>partition:i32 timestamp:i64 key:i32 value:i32 headers:i32</c>, lengths with −1 for none, then the bytes of the three; little-endian. A header is
/// <c>name:i32 value:i32</c>, the name with a zero behind it, the value. Frozen.
/// </summary>
internal static unsafe class SpooledRecord
{
    public const int HeadBytes = 24;
    public const int MostArguments = 7;

    // With its headers; more are rare.
    private const int FewArguments = 32;

    /// <summary>Writes a record; there is room for it.</summary>
    public static int Write(KafkaRecordBuilder record, Span<byte> to)
    {
        BinaryPrimitives.WriteInt32LittleEndian(to, record.Partition);
        BinaryPrimitives.WriteInt64LittleEndian(to[4..], record.Timestamp);
        BinaryPrimitives.WriteInt32LittleEndian(to[12..], record.Key.IsNull ? -1 : record.Key.Count);
        BinaryPrimitives.WriteInt32LittleEndian(to[16..], record.Value.IsNull ? -1 : record.Value.Count);
        BinaryPrimitives.WriteInt32LittleEndian(to[20..], record.Headers.Count);
        record.Key.Written.CopyTo(to[HeadBytes..]);
        int at = HeadBytes + record.Key.Count;
        record.Value.Written.CopyTo(to[at..]);
        at += record.Value.Count;
        record.Headers.Written.CopyTo(to[at..]);
        return at + record.Headers.Count;
    }

    /// <summary>Hands a record to the client.</summary>
    /// <param name="client">The producer.</param>
    /// <param name="topic">The topic's handle.</param>
    /// <param name="opaque">What a report of its delivery carries.</param>
    /// <param name="from">The record.</param>
    /// <param name="length">Its length.</param>
    /// <returns>The error; null if it was taken.</returns>
    public static RdError? Produce(nint client, nint topic, nint opaque, byte* from, out int length)
    {
        int partition = *(int*)from;
        long timestamp = *(long*)(from + 4);
        int key = *(int*)(from + 12);
        int value = *(int*)(from + 16);
        int headers = *(int*)(from + 20);
        byte* at = from + HeadBytes;
        RdArgument* arguments = stackalloc RdArgument[MostArguments];
        int count = 0;
        arguments[count++] = RdArgument.Topic(topic);
        arguments[count++] = RdArgument.Partition(partition);
        arguments[count++] = RdArgument.Flags(Rd.CopyFlag);
        if (key >= 0)
        {
            arguments[count++] = RdArgument.Bytes(RdArgumentKind.Key, at, key);
            at += key;
        }

        if (value >= 0)
        {
            arguments[count++] = RdArgument.Bytes(RdArgumentKind.Value, at, value);
            at += value;
        }

        if (timestamp != Batch<byte>.NoTimestamp)
        {
            arguments[count++] = RdArgument.Timestamp(timestamp);
        }

        if (opaque != 0)
        {
            arguments[count++] = new RdArgument { Kind = RdArgumentKind.Opaque, Pointer = opaque };
        }

        length = (int)(at - from) + headers;
        return RdError.Take(headers == 0 ? Rd.Produce(client, arguments, (nuint)count) : ProduceWithHeaders(client, arguments, count, at, headers));
    }

    private static nint ProduceWithHeaders(nint client, RdArgument* arguments, int count, byte* at, int length)
    {
        byte* end = at + length;
        int headers = 0;
        for (byte* header = at; header < end; header += 9 + *(int*)header + *(int*)(header + 4))
        {
            headers++;
        }

        Span<RdArgument> all = count + headers <= FewArguments ? stackalloc RdArgument[FewArguments] : new RdArgument[count + headers];
        new ReadOnlySpan<RdArgument>(arguments, count).CopyTo(all);
        for (int i = count; at < end; i++)
        {
            int name = *(int*)at;
            int value = *(int*)(at + 4);
            all[i] = RdArgument.Header(at + 8, at + 9 + name, value);
            at += 9 + name + value;
        }

        fixed (RdArgument* first = all)
        {
            return Rd.Produce(client, first, (nuint)(count + headers));
        }
    }
}
