namespace OrleansStream.Serialization;

/// <summary>A byte that tells whether there is a value, then the value.</summary>
internal sealed class NullableSerializer<T>(TypeSerializer<T> element) : CompositeSerializer<T?> where T : struct
{
    internal override IEnumerable<TypeSerializer> Parts => [element];

    protected override bool IsShallowImmutable => true;

    public override void Write(DataWriter writer, in T? value)
    {
        writer.WriteBoolean(value.HasValue);
        if (value is { } present)
        {
            element.Write(writer, in present);
        }
    }

    public override T? Read(DataReader reader) => reader.ReadBoolean() ? element.Read(reader) : null;

    public override T? Copy(in T? value) => value is { } present ? element.Copy(in present) : null;

    internal override TypeSchema BuildSchema(SchemaBuilder builder) =>
        new(SchemaKind.Nullable, TypeNames.Full(typeof(T?))) { Elements = [builder.Build(element)] };

    protected override TypeSerializer<T?>? AdaptTo(TypeSchema written, SchemaScope? scope, SchemaAdapter adapter)
    {
        if (written.Kind != SchemaKind.Nullable)
        {
            return new NowNullableSerializer<T>(this, (TypeSerializer<T>)adapter.Adapt(element, written, scope));
        }

        TypeSerializer adapted = adapter.Adapt(element, written.Elements[0], scope);
        return adapted == element ? this : new NullableSerializer<T>((TypeSerializer<T>)adapted);
    }
}

/// <summary>Reads values that could not be null when they were written.</summary>
internal sealed class NowNullableSerializer<T>(TypeSerializer<T?> current, TypeSerializer<T> written) : EvolvedSerializer<T?>(current) where T : struct
{
    public override T? Read(DataReader reader) => written.Read(reader);
}
