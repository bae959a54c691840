using OrleansStream.Engine.Checkpointing;
using OrleansStream.Serialization;

namespace OrleansStream.Engine.State;

/// <summary>A table with its serializers: one value per entry, where an entry is a key, or a key with a namespace or time.</summary>
internal sealed class TablePart<TEntry, TValue> : IKeyedPart, IAskedTable<TEntry>
{
    private readonly string _name;
    private readonly StateSectionKind _kind;
    private readonly TypeSerializer<TEntry> _entries;
    private readonly TypeSerializer<TValue> _values;
    private readonly IEntryHasher<TEntry> _hasher;
    private readonly KeyGroupsOwned _owned;

    private readonly Expiry? _expiry;
    private readonly Func<TValue, long, bool>? _isOver;

    /// <param name="isOver">Which values are over at a time, and so no state any more although they are in the table. Without an expiry the time means nothing.</param>
    /// <param name="ownValues">Writes the values; null for what the registry has for them.</param>
    public TablePart(
        string name, StateSectionKind kind, KeyGroupsOwned owned, SegmentPool pool, IEntryHasher<TEntry> hasher, SerializerRegistry serializers,
        Expiry? expiry = null, Func<TValue, long, bool>? isOver = null, TypeSerializer<TValue>? ownValues = null)
    {
        _expiry = expiry;
        _isOver = expiry is { CleansUp: false } ? null : isOver;
        _name = name;
        _kind = kind;
        _owned = owned;
        _hasher = hasher;
        _entries = serializers.Get<TEntry>();
        _values = ownValues ?? serializers.Get<TValue>();
        TypeSerializer<TValue> values = _values;
        Table = new KeyedTable<TEntry, TValue>(
            pool, new TableOptions<TValue>(owned.First, owned.Last, owned.MaxParallelism, values.IsImmutable ? null : value => values.Copy(in value)));
    }

    public KeyedTable<TEntry, TValue> Table { get; }

    public string Name => _name;

    public byte[] Schema => SchemaBytes.Of(_values);

    public byte[]? Read(in TEntry key, ulong hash) => Table.TryGet(in key, hash, out TValue? value) && !(_expiry is null && _isOver is not null && _isOver(value, 0)) ? KeyRequests.Bytes(_values, in value) : null;

    public StateDescription Describe() => new(
        _name, _kind, typeof(TEntry).ToString(), typeof(TValue).ToString(), SchemaBytes.Of(_entries), SchemaBytes.Of(_values));

    public IFrozenPart Freeze() => new Frozen(this, Table.Freeze(), _expiry?.NowMs ?? 0);

    public void ReadGroup(int group, DataReader reader, StateDescription written)
    {
        TypeSerializer<TEntry> entries = SchemaBytes.Reader(_entries, written.KeySchema);
        TypeSerializer<TValue> values = SchemaBytes.Reader(_values, written.ValueSchema);
        int count = reader.ReadInt32();
        for (int i = 0; i < count; i++)
        {
            TEntry entry = entries.Read(reader);
            ulong hash = _hasher.Hash(in entry);
            _owned.Require(hash, group, _name, entry);
            Table.GetOrAdd(in entry, hash, out _) = values.Read(reader);
        }
    }

    private sealed class Frozen(TablePart<TEntry, TValue> part, TableSnapshot<TEntry, TValue> snapshot, long now) : IFrozenPart
    {
        private readonly SnapshotReader<TEntry, TValue> _reader = snapshot.OpenReader();

        public void WriteGroup(int group, DataWriter writer)
        {
            int at = writer.Position;
            writer.WriteInt32(0);
            Visitor visitor = new(writer, part._entries, part._values, part._isOver, now);
            _reader.ReadGroup(group, ref visitor);
            if (visitor.Count > 0)
            {
                writer.PatchInt32(at, visitor.Count);
            }
            else
            {
                writer.Clear();
            }
        }

        public void Release() => snapshot.Release();
    }

    private struct Visitor(DataWriter writer, TypeSerializer<TEntry> entries, TypeSerializer<TValue> values, Func<TValue, long, bool>? isOver, long now) : IEntryVisitor<TEntry, TValue>
    {
        public int Count;

        public void Visit(in TEntry key, ulong hash, in TValue value)
        {
            // What was over at the barrier is left out.
            if (isOver is not null && isOver(value, now))
            {
                return;
            }

            entries.Write(writer, in key);
            values.Write(writer, in value);
            Count++;
        }
    }
}
