namespace OrleansStream.Serialization;

/// <summary>
/// Turns values of a type into bytes and back, and copies them. The framework takes one from <see cref="SerializerRegistry"/>; an author
/// derives a class only for a type that the registry refuses, and registers it. Called on any thread, on the threads of tasklets for
/// each stored value: it must not
/// block, keep state or depend on anything but its arguments.
/// </summary>
/// <typeparam name="T">The type of the values.</typeparam>
public abstract class TypeSerializer<T> : TypeSerializer
{
    /// <inheritdoc/>
    public sealed override Type Type => typeof(T);

    /// <summary>
    /// Writes one value, null included if <typeparamref name="T"/> has it; at least one byte. Throws
    /// <see cref="SerializationException"/> for a value that cannot be written; the writer must be cleared then.
    /// </summary>
    public abstract void Write(DataWriter writer, in T value);

    /// <summary>
    /// Reads exactly what <see cref="Write"/> wrote. Bytes that are no such value are a <see cref="SerializationException"/>, nothing else.
    /// </summary>
    public abstract T Read(DataReader reader);

    /// <summary>
    /// A value that equals the given one and shares nothing with it that can change; the value itself when
    /// <see cref="TypeSerializer.IsImmutable"/>.
    /// </summary>
    public abstract T Copy(in T value);

    /// <summary>Writes values one behind the other, without a count. The bytes are those of <see cref="Write"/> for each.</summary>
    public virtual void WriteAll(DataWriter writer, ReadOnlySpan<T> values)
    {
        ArgumentNullException.ThrowIfNull(writer);
        int start = writer.Position;
        for (int i = 0; i < values.Length; i++)
        {
            Write(writer, in values[i]);
        }

        if (writer.Position - start < values.Length)
        {
            throw new SerializationException(
                $"The serializer {TypeNames.Of(GetType())} wrote fewer bytes than values; it must write at least one byte for each.");
        }
    }

    /// <summary>Fills the span with values that <see cref="WriteAll"/> wrote.</summary>
    public virtual void ReadAll(DataReader reader, Span<T> values)
    {
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = Read(reader);
        }
    }

    /// <summary>
    /// A serializer that reads values written with the given schema; it writes and copies as this one does. This one itself when the
    /// schemas are
    /// equal. A serializer of the author's own may override it to read its older encodings; by default it reads its own schema only.
    /// Called when a snapshot is restored. Throws <see cref="StateRestoreException"/>, naming the member, for what cannot be read.
    /// </summary>
    /// <param name="written">The <see cref="TypeSerializer.Schema"/> that was stored with the values.</param>
    public virtual TypeSerializer<T> ForSchema(TypeSchema written)
    {
        ArgumentNullException.ThrowIfNull(written);
        return written.Equals(Schema) ? this : throw SchemaAdapter.Refusal(TypeNames.Of(typeof(T)), written.ToString(), Schema.ToString());
    }

    internal override TypeSerializer Adapt(TypeSchema written, SchemaScope? scope, SchemaAdapter adapter)
    {
        try
        {
            return ForSchema(written);
        }
        catch (StateRestoreException e)
        {
            throw adapter.Located(e);
        }
    }
}
