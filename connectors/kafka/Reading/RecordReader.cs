namespace OrleansStream.Connectors.Kafka.Reading;

/// <summary>Reads records of a subtask's partitions. What is wrong with one is an exception of <see cref="Formats.BadInput"/>, or a JsonException.</summary>
internal abstract class RecordReader<T>
{
    public abstract bool Read(in KafkaRecord record, out T value);
}
