using OrleansStream.Serialization;

namespace OrleansStream.Engine.Tests.Serialization;

/// <summary>Shorthand for writing and reading single values.</summary>
internal static class Codec
{
    internal static byte[] Write<T>(T value, SerializerRegistry? registry = null)
    {
        var writer = new DataWriter(0);
        (registry ?? SerializerRegistry.CreateDefault()).Get<T>().Write(writer, in value);
        return writer.ToArray();
    }

    /// <summary>Reads and checks that nothing is left.</summary>
    internal static T Read<T>(byte[] bytes, TypeSerializer<T>? serializer = null)
    {
        var reader = new DataReader(bytes);
        T value = (serializer ?? SerializerRegistry.CreateDefault().Get<T>()).Read(reader);
        Assert.Equal(0, reader.Remaining);
        return value;
    }

    internal static T RoundTrip<T>(T value) => Read<T>(Write(value));

    /// <summary>Writes as one type, stores the schema as bytes, and reads as another type.</summary>
    internal static TNow Evolve<TThen, TNow>(TThen value)
    {
        var writer = new DataWriter();
        SerializerRegistry.CreateDefault().Get<TThen>().Schema.Write(writer);
        TypeSchema schema = TypeSchema.Read(new DataReader(writer.ToArray()));
        return Read(Write(value), SerializerRegistry.CreateDefault().Reader<TNow>(schema));
    }
}
