namespace OrleansStream.Serialization;

/// <summary>A varint (0 for null, else 1 + count), the comparer, then key and value of each entry.</summary>
internal sealed class DictionarySerializer<TKey, TValue>(PairSerializer<TKey, TValue> pair) : CompositeSerializer<Dictionary<TKey, TValue>?>
    where TKey : notnull
{
    internal override IEnumerable<TypeSerializer> Parts => [pair.Key, pair.Value];

    public override void Write(DataWriter writer, in Dictionary<TKey, TValue>? value)
    {
        if (value is null)
        {
            writer.WriteByte(0);
            return;
        }

        ExactType.Check(value, typeof(Dictionary<TKey, TValue>));
        writer.WriteVarUInt32((uint)value.Count + 1);
        writer.WriteByte(Comparers.CodeOf<TKey>(value.Comparer, typeof(Dictionary<TKey, TValue>)));
        foreach (KeyValuePair<TKey, TValue> entry in value)
        {
            pair.Write(writer, in entry);
        }
    }

    public override Dictionary<TKey, TValue>? Read(DataReader reader)
    {
        int count = reader.ReadNullableCount(Math.Max(2, pair.Key.FixedSize + pair.Value.FixedSize));
        if (count < 0)
        {
            return null;
        }

        var dictionary = new Dictionary<TKey, TValue>(count, (IEqualityComparer<TKey>?)Comparers.Read<TKey>(reader));
        for (int i = 0; i < count; i++)
        {
            TKey key = pair.Key.Read(reader);
            TValue value = pair.Value.Read(reader);
            if (key is null || !dictionary.TryAdd(key, value))
            {
                throw reader.Corrupt($"a dictionary has the key '{key}' twice or null");
            }
        }

        return dictionary;
    }

    public override Dictionary<TKey, TValue>? Copy(in Dictionary<TKey, TValue>? value)
    {
        if (value is null)
        {
            return null;
        }

        if (pair.IsImmutable)
        {
            return new Dictionary<TKey, TValue>(value, value.Comparer);
        }

        var copy = new Dictionary<TKey, TValue>(value.Count, value.Comparer);
        foreach (KeyValuePair<TKey, TValue> entry in value)
        {
            KeyValuePair<TKey, TValue> copied = pair.Copy(in entry);
            copy.Add(copied.Key, copied.Value);
        }

        return copy;
    }

    internal override TypeSchema BuildSchema(SchemaBuilder builder) =>
        new(SchemaKind.Map, TypeNames.Full(typeof(Dictionary<TKey, TValue>))) { Elements = [builder.Build(pair.Key), builder.Build(pair.Value)] };

    protected override TypeSerializer<Dictionary<TKey, TValue>?>? AdaptTo(TypeSchema written, SchemaScope? scope, SchemaAdapter adapter)
    {
        if (written.Kind != SchemaKind.Map)
        {
            return null;
        }

        PairSerializer<TKey, TValue> adapted = pair.AdaptToMap(written, scope, adapter);
        return adapted == pair ? this : new DictionarySerializer<TKey, TValue>(adapted);
    }
}
