using OrleansStream.Connectors.Kafka.Writing;

namespace OrleansStream;

/// <summary>Sinks that write a topic of Kafka.</summary>
public static class KafkaSink
{
    /// <summary>Names the topic of a sink; the methods of the result say how records are made.</summary>
    /// <typeparam name="T">The type of the values.</typeparam>
    /// <param name="topic">The topic; it must exist.</param>
    public static KafkaTopic<T> For<T>(string topic)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(topic);
        return new KafkaTopic<T>(topic);
    }

    /// <summary>Writes text.</summary>
    /// <param name="topic">The topic; it must exist.</param>
    public static KafkaSink<string> Strings(string topic) => For<string>(topic).Records(static (in string value, KafkaRecordBuilder record) =>
    {
        record.Value.SetEmpty();
        record.Value.Write(value);
    });

    /// <summary>Writes bytes.</summary>
    /// <param name="topic">The topic; it must exist.</param>
    public static KafkaSink<byte[]> Bytes(string topic) => For<byte[]>(topic).Records(static (in byte[] value, KafkaRecordBuilder record) =>
    {
        record.Value.SetEmpty();
        record.Value.Write(value);
    });
}
