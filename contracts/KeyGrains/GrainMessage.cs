using OrleansStream.Serialization;

namespace OrleansStream;

/// <summary>A type of message that a keyed grain can be told.</summary>
internal abstract class GrainMessage
{
    /// <summary>The name that it travels under.</summary>
    public abstract string Name { get; }

    /// <summary>The schema that messages are written with now.</summary>
    public abstract TypeSchema SchemaIn(SerializerRegistry serializers);

    /// <summary>Reads a message.</summary>
    public abstract object Read(SerializerRegistry serializers, byte[] payload, byte[] schema);
}

internal sealed class GrainMessage<TMessage> : GrainMessage where TMessage : notnull
{
    public override string Name => typeof(TMessage).ToString();

    public override TypeSchema SchemaIn(SerializerRegistry serializers) => serializers.Get<TMessage>().Schema;

    public override object Read(SerializerRegistry serializers, byte[] payload, byte[] schema) =>
        serializers.Reader<TMessage>(TypeSchema.Read(new DataReader(schema))).Read(new DataReader(payload));
}
