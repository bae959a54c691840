namespace OrleansStream.Serialization;

/// <summary>Reads an older encoding, writes and copies as the current serializer does.</summary>
internal abstract class EvolvedSerializer<T>(TypeSerializer<T> current) : TypeSerializer<T>
{
    public sealed override TypeSchema Schema => current.Schema;

    public sealed override bool IsImmutable => current.IsImmutable;

    public sealed override void Write(DataWriter writer, in T value) => current.Write(writer, in value);

    public sealed override void WriteAll(DataWriter writer, ReadOnlySpan<T> values) => current.WriteAll(writer, values);

    public sealed override T Copy(in T value) => current.Copy(in value);

    public sealed override TypeSerializer<T> ForSchema(TypeSchema written) => current.ForSchema(written);

    internal sealed override TypeSchema BuildSchema(SchemaBuilder builder) => builder.Build(current);
}
