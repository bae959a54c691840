using OrleansStream.Serialization;

namespace OrleansStream.Engine.State;

/// <summary>Schemas as they stand in a checkpoint's metadata.</summary>
internal static class SchemaBytes
{
    public static byte[] Of(TypeSerializer serializer)
    {
        DataWriter writer = new();
        serializer.Schema.Write(writer);
        return writer.ToArray();
    }

    public static TypeSerializer<T> Reader<T>(TypeSerializer<T> serializer, byte[] written) =>
        serializer.ForSchema(TypeSchema.Read(new DataReader(written)));
}
