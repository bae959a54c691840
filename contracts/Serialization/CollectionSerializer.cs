namespace OrleansStream.Serialization;

/// <summary>
/// Collections other than arrays, lists and dictionaries: the same encodings as those (with the comparer's byte behind the count for
/// sets and maps), so a
/// member's type may change from one to another of its kind.
/// </summary>
internal sealed class CollectionSerializer<TCollection, T>(CollectionShape<TCollection, T> shape, TypeSerializer<T> element, TypeSerializer[] parts)
    : CompositeSerializer<TCollection?>
{
    internal override IEnumerable<TypeSerializer> Parts => parts;

    protected override bool IsShallowImmutable => shape.IsImmutable;

    public override void Write(DataWriter writer, in TCollection? value)
    {
        if (IsNull(value))
        {
            writer.WriteByte(0);
            return;
        }

        if (shape.IsExact)
        {
            ExactType.Check(value!, typeof(TCollection));
        }

        T[] elements = [.. (IEnumerable<T>)value!];
        writer.WriteVarUInt32((uint)elements.Length + 1);
        if (shape.ComparerCode is not null)
        {
            writer.WriteByte(shape.ComparerCode(value!));
        }

        element.WriteAll(writer, elements);
    }

    public override TCollection? Read(DataReader reader)
    {
        int count = reader.ReadNullableCount(Math.Max(1, element.FixedSize));
        if (count < 0)
        {
            return default;
        }

        object? comparer = shape.ReadComparer?.Invoke(reader);
        var elements = new T[count];
        element.ReadAll(reader, elements);
        try
        {
            return shape.Build(elements, comparer);
        }
        catch (Exception e) when (e is ArgumentException or InvalidOperationException)
        {
            throw reader.Corrupt($"no {TypeNames.Of(typeof(TCollection))} has these elements: {e.Message}", 0, e);
        }
    }

    public override TCollection? Copy(in TCollection? value)
    {
        if (IsNull(value) || IsImmutable)
        {
            return value;
        }

        T[] elements = [.. (IEnumerable<T>)value!];
        if (!element.IsImmutable)
        {
            for (int i = 0; i < elements.Length; i++)
            {
                elements[i] = element.Copy(in elements[i]);
            }
        }

        return shape.Build(elements, shape.Comparer?.Invoke(value!));
    }

    internal override TypeSchema BuildSchema(SchemaBuilder builder) =>
        new(shape.Kind, TypeNames.Full(typeof(TCollection))) { Elements = [.. parts.Select(builder.Build)] };

    protected override TypeSerializer<TCollection?>? AdaptTo(TypeSchema written, SchemaScope? scope, SchemaAdapter adapter)
    {
        if (written.Kind != shape.Kind)
        {
            return null;
        }

        if (shape.Kind == SchemaKind.Map)
        {
            var adaptedMap = (IMapElement)((IMapElement)element).ToMap(written, scope, adapter);
            return ReferenceEquals(adaptedMap, element) ? this : new(shape, (TypeSerializer<T>)adaptedMap, [.. adaptedMap.KeyAndValue]);
        }

        TypeSerializer adapted = adapter.Adapt(element, written.Elements[0], scope, "[]");
        return adapted == element ? this : new(shape, (TypeSerializer<T>)adapted, [adapted]);
    }

    private bool IsNull(TCollection? value) => value is null || (shape.IsDefault is not null && shape.IsDefault(value));
}

/// <summary>A pair serializer, where its key and value types are not at hand.</summary>
internal interface IMapElement
{
    IEnumerable<TypeSerializer> KeyAndValue { get; }

    TypeSerializer ToMap(TypeSchema map, SchemaScope? scope, SchemaAdapter adapter);
}
