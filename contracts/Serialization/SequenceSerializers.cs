using System.Runtime.InteropServices;

namespace OrleansStream.Serialization;

/// <summary>What arrays and lists share: a varint (0 for null, else 1 + count), then the elements.</summary>
internal abstract class SequenceSerializer<TSequence, T>(TypeSerializer<T> element) : CompositeSerializer<TSequence?>
{
    protected TypeSerializer<T> Element { get; } = element;

    internal sealed override IEnumerable<TypeSerializer> Parts => [Element];

    internal sealed override TypeSchema BuildSchema(SchemaBuilder builder) =>
        new(SchemaKind.Sequence, TypeNames.Full(typeof(TSequence))) { Elements = [builder.Build(Element)] };

    protected sealed override TypeSerializer<TSequence?>? AdaptTo(TypeSchema written, SchemaScope? scope, SchemaAdapter adapter)
    {
        if (written.Kind != SchemaKind.Sequence)
        {
            return null;
        }

        TypeSerializer adapted = adapter.Adapt(Element, written.Elements[0], scope, "[]");
        return adapted == Element ? this : WithElement((TypeSerializer<T>)adapted);
    }

    protected abstract TypeSerializer<TSequence?> WithElement(TypeSerializer<T> element);

    protected static void WriteCount(DataWriter writer, int count) => writer.WriteVarUInt32((uint)count + 1);

    /// <summary>-1 for null.</summary>
    protected int ReadCount(DataReader reader) => reader.ReadNullableCount(Math.Max(1, Element.FixedSize));

    protected void CopyAll(ReadOnlySpan<T> from, Span<T> to)
    {
        if (Element.IsImmutable)
        {
            from.CopyTo(to);
            return;
        }

        for (int i = 0; i < from.Length; i++)
        {
            to[i] = Element.Copy(in from[i]);
        }
    }
}

internal sealed class ArraySerializer<T>(TypeSerializer<T> element) : SequenceSerializer<T[], T>(element)
{
    public override void Write(DataWriter writer, in T[]? value)
    {
        if (value is null)
        {
            writer.WriteByte(0);
            return;
        }

        WriteCount(writer, value.Length);
        Element.WriteAll(writer, value);
    }

    public override T[]? Read(DataReader reader)
    {
        int count = ReadCount(reader);
        if (count < 0)
        {
            return null;
        }

        var array = new T[count];
        Element.ReadAll(reader, array);
        return array;
    }

    public override T[]? Copy(in T[]? value)
    {
        if (value is null)
        {
            return null;
        }

        var copy = new T[value.Length];
        CopyAll(value, copy);
        return copy;
    }

    protected override TypeSerializer<T[]?> WithElement(TypeSerializer<T> element) => new ArraySerializer<T>(element);
}

internal sealed class ListSerializer<T>(TypeSerializer<T> element) : SequenceSerializer<List<T>, T>(element)
{
    public override void Write(DataWriter writer, in List<T>? value)
    {
        if (value is null)
        {
            writer.WriteByte(0);
            return;
        }

        ExactType.Check(value, typeof(List<T>));
        WriteCount(writer, value.Count);
        Element.WriteAll(writer, CollectionsMarshal.AsSpan(value));
    }

    public override List<T>? Read(DataReader reader)
    {
        int count = ReadCount(reader);
        if (count < 0)
        {
            return null;
        }

        var list = new List<T>(count);
        CollectionsMarshal.SetCount(list, count);
        Element.ReadAll(reader, CollectionsMarshal.AsSpan(list));
        return list;
    }

    public override List<T>? Copy(in List<T>? value)
    {
        if (value is null)
        {
            return null;
        }

        var copy = new List<T>(value.Count);
        CollectionsMarshal.SetCount(copy, value.Count);
        CopyAll(CollectionsMarshal.AsSpan(value), CollectionsMarshal.AsSpan(copy));
        return copy;
    }

    protected override TypeSerializer<List<T>?> WithElement(TypeSerializer<T> element) => new ListSerializer<T>(element);
}
