using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using OrleansStream.Connectors.Kafka.Writing;

namespace OrleansStream;

/// <summary>A topic of which it is still to be said how records are made.</summary>
/// <typeparam name="T">The type of the values.</typeparam>
public sealed class KafkaTopic<T>
{
    private readonly string _topic;

    internal KafkaTopic(string topic)
    {
        _topic = topic;
    }

    /// <summary>Writes values as JSON.</summary>
    /// <param name="type">How a value is written, from a source-generated <c>JsonSerializerContext</c>.</param>
    public KafkaSink<T> JsonValues(JsonTypeInfo<T> type)
    {
        ArgumentNullException.ThrowIfNull(type);
        JsonWriterOptions options = new() { Encoder = type.Options.Encoder, MaxDepth = type.Options.MaxDepth, SkipValidation = true };
        return new KafkaSink<T>(new KafkaSinkOptions { Topic = _topic }, () =>
        {
            Utf8JsonWriter? writer = null;
            return (in T value, KafkaRecordBuilder record) =>
            {
                if (writer is null)
                {
                    writer = new Utf8JsonWriter(record.Value, options);
                }
                else
                {
                    writer.Reset(record.Value);
                }

                JsonSerializer.Serialize(writer, value, type);
                writer.Flush();
            };
        });
    }

    /// <summary>Writes records with a function that makes key, value, headers, partition and timestamp.</summary>
    /// <param name="write">Makes a record.</param>
    public KafkaSink<T> Records(KafkaRecordWriter<T> write)
    {
        ArgumentNullException.ThrowIfNull(write);
        return new KafkaSink<T>(new KafkaSinkOptions { Topic = _topic }, () => write);
    }
}
