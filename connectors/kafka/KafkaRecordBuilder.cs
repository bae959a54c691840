using System.Buffers.Binary;
using System.Text;

namespace OrleansStream;

/// <summary>A record that is being made for a topic. Valid during the call that it is given to only.</summary>
public sealed class KafkaRecordBuilder
{
    /// <summary>Lets Kafka's partitioner choose the partition: by the key, as the Java client does it; without a key any.</summary>
    public const int AnyPartition = -1;

    internal KafkaRecordBuilder()
    {
    }

    /// <summary>The key; none if nothing is written.</summary>
    public KafkaBytes Key { get; } = new();

    /// <summary>The value; none, a tombstone, if nothing is written.</summary>
    public KafkaBytes Value { get; } = new();

    /// <summary>The partition; default <see cref="AnyPartition"/>.</summary>
    public int Partition { get; set; } = AnyPartition;

    /// <summary>Kafka's timestamp in milliseconds since 1970; default that of the stream's record, <see cref="Batch{T}.NoTimestamp"/> for the broker's clock.</summary>
    public long Timestamp { get; set; }

    internal KafkaBytes Headers { get; } = new();

    internal int Size => Connectors.Kafka.Writing.SpooledRecord.HeadBytes + Key.Count + Value.Count + Headers.Count;

    /// <summary>Adds a header.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="value">Its value.</param>
    public void AddHeader(string name, ReadOnlySpan<byte> value)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        int length = Encoding.UTF8.GetByteCount(name);
        Span<byte> at = Headers.GetSpan(length + value.Length + 9);
        BinaryPrimitives.WriteInt32LittleEndian(at, length);
        BinaryPrimitives.WriteInt32LittleEndian(at[4..], value.Length);
        Encoding.UTF8.GetBytes(name, at[8..]);
        at[8 + length] = 0;
        value.CopyTo(at[(9 + length)..]);
        Headers.Advance(length + value.Length + 9);
    }

    internal void Begin(long timestamp)
    {
        Key.Clear();
        Value.Clear();
        Headers.Clear();
        Partition = AnyPartition;
        Timestamp = timestamp;
    }
}
