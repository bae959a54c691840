using OrleansStream.Connectors.Kafka.Native;

namespace OrleansStream;

/// <summary>A record of a topic, read in place from the client's memory: what is to outlive the call is copied. Valid during the call that it is given to only.</summary>
public readonly unsafe ref struct KafkaRecord
{
    private readonly RdMessage* _message;

    internal KafkaRecord(RdMessage* message, string topic, long timestamp)
    {
        _message = message;
        Topic = topic;
        Timestamp = timestamp;
    }

    /// <summary>The topic.</summary>
    public string Topic { get; }

    /// <summary>The partition.</summary>
    public int Partition => _message->Partition;

    /// <summary>The offset within the partition.</summary>
    public long Offset => _message->Offset;

    /// <summary>Kafka's timestamp in milliseconds since 1970; <see cref="Batch{T}.NoTimestamp"/> if the record has none.</summary>
    public long Timestamp { get; }

    /// <summary>Whether there is a key; an empty one is one.</summary>
    public bool HasKey => _message->Key != null;

    /// <summary>The key; empty if there is none.</summary>
    public ReadOnlySpan<byte> Key => new(_message->Key, (int)_message->KeyLength);

    /// <summary>Whether there is a value; a record without one is a tombstone, which deletes its key in a compacted topic.</summary>
    public bool HasValue => _message->Payload != null;

    /// <summary>The value; empty if there is none.</summary>
    public ReadOnlySpan<byte> Value => new(_message->Payload, (int)_message->PayloadLength);

    /// <summary>The headers.</summary>
    public KafkaHeaders Headers => new(Rd.MessageHeaders(_message, out nint headers) == 0 ? headers : 0);
}
