namespace OrleansStream.Serialization;

/// <summary>A key, then its value; also the elements of maps.</summary>
internal sealed class PairSerializer<TKey, TValue>(TypeSerializer<TKey> key, TypeSerializer<TValue> value) : CompositeSerializer<KeyValuePair<TKey, TValue>>, IMapElement
{
    internal TypeSerializer<TKey> Key { get; } = key;

    internal TypeSerializer<TValue> Value { get; } = value;

    public IEnumerable<TypeSerializer> KeyAndValue => [Key, Value];

    internal override IEnumerable<TypeSerializer> Parts => [Key, Value];

    protected override bool IsShallowImmutable => true;

    public override void Write(DataWriter writer, in KeyValuePair<TKey, TValue> value)
    {
        TKey k = value.Key;
        TValue v = value.Value;
        Key.Write(writer, in k);
        Value.Write(writer, in v);
    }

    public override KeyValuePair<TKey, TValue> Read(DataReader reader)
    {
        TKey k = Key.Read(reader);
        return new(k, Value.Read(reader));
    }

    public override KeyValuePair<TKey, TValue> Copy(in KeyValuePair<TKey, TValue> value)
    {
        TKey k = value.Key;
        TValue v = value.Value;
        return new(Key.Copy(in k), Value.Copy(in v));
    }

    internal override TypeSchema BuildSchema(SchemaBuilder builder) =>
        builder.BuildObject(this, isReference: false, [("Key", Key), ("Value", Value)]);

    public TypeSerializer ToMap(TypeSchema map, SchemaScope? scope, SchemaAdapter adapter) => AdaptToMap(map, scope, adapter);

    /// <summary>Adapts to a written map.</summary>
    internal PairSerializer<TKey, TValue> AdaptToMap(TypeSchema map, SchemaScope? scope, SchemaAdapter adapter) =>
        With(adapter.Adapt(Key, map.Elements[0], scope, "[key]"), adapter.Adapt(Value, map.Elements[1], scope, "[value]"));

    protected override TypeSerializer<KeyValuePair<TKey, TValue>>? AdaptTo(TypeSchema written, SchemaScope? scope, SchemaAdapter adapter)
    {
        if (written is not { Kind: SchemaKind.Object, IsReference: false, Members: [{ Name: "Key" } k, { Name: "Value" } v] })
        {
            return null;
        }

        var inner = new SchemaScope(written, scope);
        return With(adapter.Adapt(Key, k.Schema, inner, ".Key"), adapter.Adapt(Value, v.Schema, inner, ".Value"));
    }

    private PairSerializer<TKey, TValue> With(TypeSerializer key, TypeSerializer value) =>
        key == Key && value == Value ? this : new((TypeSerializer<TKey>)key, (TypeSerializer<TValue>)value);
}
