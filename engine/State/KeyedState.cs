using System.Runtime.CompilerServices;
using OrleansStream.Engine.Checkpointing;
using OrleansStream.Engine.KeyAccess;
using OrleansStream.Engine.Operators;
using OrleansStream.Keys;
using OrleansStream.Serialization;
using OrleansStream.State;

namespace OrleansStream.Engine.State;

/// <summary>The current key of a keyed operator. Handles read it at each access.</summary>
internal class KeyCursor<TEntry>
{
    public TEntry Entry = default!;
    public ulong Hash;
}

/// <summary>
/// The state of a keyed operator of one subtask, on the heap: a table per declared state, the timers, and what operators keep in a form of their own.
/// </summary>
internal sealed class KeyedState<TKey> : OperatorState, IAskedState
{
    private readonly Dictionary<string, object> _handles = new(StringComparer.Ordinal);
    private readonly List<IKeyedPart> _parts = [];
    private readonly PlainHasher<TKey> _plainHasher;

    public KeyedState(OperatorSetup setup) : base(setup)
    {
        Hasher = KeyHasher.For<TKey>();
        _plainHasher = new PlainHasher<TKey>(Hasher);
        Owned = KeyGroupsOwned.Of(setup.Subtask, setup.Parallelism, setup.MaxParallelism);
    }

    public KeyHasher<TKey> Hasher { get; }

    public KeyGroupsOwned Owned { get; }

    public SegmentPool Pool { get; } = new();

    public KeyCursor<TKey> Current { get; } = new();

    public SerializerRegistry Serializers => Setup.Serializers;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void SetKey(in TKey key, ulong hash)
    {
        Current.Entry = key;
        Current.Hash = hash;
    }

    /// <summary>The table of a state with one value per key.</summary>
    public KeyedTable<TKey, TValue> Table<TValue>(string name) => Part<TKey, TValue>(name, StateSectionKind.Keyed, _plainHasher).Table;

    /// <summary>The table of a state with one value per key, of a type of the engine's own.</summary>
    public KeyedTable<TKey, TValue> Table<TValue>(string name, TypeSerializer<TValue> values)
    {
        TablePart<TKey, TValue> part = new(name, StateSectionKind.Keyed, Owned, Pool, _plainHasher, Setup.Serializers, ownValues: values);
        AddPart(part);
        return part.Table;
    }

    /// <summary>The table of a state with one value per key, some of which are over: those are not in snapshots, and no answer to a question.</summary>
    public KeyedTable<TKey, TValue> Table<TValue>(string name, Func<TValue, bool> isOver, TypeSerializer<TValue> values)
    {
        TablePart<TKey, TValue> part = new(name, StateSectionKind.Keyed, Owned, Pool, _plainHasher, Setup.Serializers, isOver: (value, _) => isOver(value), ownValues: values);
        AddPart(part);
        return part.Table;
    }

    /// <summary>The table of a state with one value per key and namespace.</summary>
    public KeyedTable<KeyAnd<TKey, TNamespace>, TValue> Table<TNamespace, TValue>(string name, StateSectionKind kind = StateSectionKind.Keyed) =>
        Part<KeyAnd<TKey, TNamespace>, TValue>(name, kind, new NamespaceHasher<TKey, TNamespace>(Hasher, KeyHasher.For<TNamespace>())).Table;

    /// <summary>The table of a state whose entries are addressed by more than a key; their hashes lie in the key's group.</summary>
    public KeyedTable<TEntry, TValue> Table<TEntry, TValue>(string name, StateSectionKind kind, IEntryHasher<TEntry> hasher) =>
        Part<TEntry, TValue>(name, kind, hasher).Table;

    /// <summary>Handles of states with one value per key and namespace.</summary>
    public NamespacedState<TKey, TNamespace> Namespaced<TNamespace>() => new(this);

    /// <summary>Adds a state that an operator keeps in a form of its own, and restores it.</summary>
    public void AddPart(IKeyedPart part)
    {
        Restored?.ReadKeyed(part, Owned);
        _parts.Add(part);
    }

    public override ValueState<T> Value<T>(string name, StateOptions? options = null) => Handle<ValueState<T>>(name, () => Expiry.Of(Setup, name, options) is { } expiry
        ? new ExpiringValueState<TKey, T>(ExpiringOf<T>(name, expiry), Current)
        : new HeapValueState<TKey, T>(Table<T>(name), Current));

    public override ListState<T> List<T>(string name, StateOptions? options = null) => Handle<ListState<T>>(name, () => Expiry.Of(Setup, name, options) is { } expiry
        ? new ExpiringListState<TKey, T>(
            ExpiringOf<List<Expiring<T>>>(name, expiry, (list, now) => list.TrueForAll(element => expiry.IsOver(element.Written, now))), Current)
        : new HeapListState<TKey, T>(Table<List<T>>(name), Current));

    public override MapState<TMapKey, TMapValue> Map<TMapKey, TMapValue>(string name, StateOptions? options = null) =>
        Handle<MapState<TMapKey, TMapValue>>(name, () => Expiry.Of(Setup, name, options) is { } expiry
            ? new ExpiringMapState<TKey, TMapKey, TMapValue>(
                ExpiringOf<Dictionary<TMapKey, Expiring<TMapValue>>>(name, expiry, (map, now) => map.Values.All(entry => expiry.IsOver(entry.Written, now))), Current)
            : new HeapMapState<TKey, TMapKey, TMapValue>(Table<Dictionary<TMapKey, TMapValue>>(name), Current));

    public override ReducingState<T> Reducing<T>(string name, Func<T, T, T> reduce, StateOptions? options = null) =>
        Handle<ReducingState<T>>(name, () => Expiry.Of(Setup, name, options) is { } expiry
            ? new ExpiringReducingState<TKey, T>(ExpiringOf<T>(name, expiry), Current, reduce)
            : new HeapReducingState<TKey, T>(Table<T>(name), Current, reduce));

    public override AggregatingState<TIn, TOut> Aggregating<TIn, TAcc, TOut>(string name, IAggregate<TIn, TAcc, TOut> aggregate, StateOptions? options = null) =>
        Handle<AggregatingState<TIn, TOut>>(name, () => Expiry.Of(Setup, name, options) is { } expiry
            ? new ExpiringAggregatingState<TKey, TIn, TAcc, TOut>(ExpiringOf<TAcc>(name, expiry), Current, aggregate)
            : new HeapAggregatingState<TKey, TIn, TAcc, TOut>(Table<TAcc>(name), Current, aggregate));

    public override void Freeze(SnapshotCollector snapshot)
    {
        base.Freeze(snapshot);
        foreach (IKeyedPart part in _parts)
        {
            snapshot.AddKeyed(Setup.Uid, part.Describe(), part.Freeze(), Owned);
        }
    }

    /// <summary>Reads the key of a request.</summary>
    /// <returns>False, with the mail refused, if it is no key of this operator.</returns>
    public bool TryReadKey(KeyMail mail, out TKey key)
    {
        try
        {
            key = SchemaBytes.Reader(Setup.Serializers.Get<TKey>(), mail.Request.KeySchema).Read(new DataReader(mail.Request.Key));
        }
        catch (Exception e) when (e is StateRestoreException or SerializationException)
        {
            key = default!;
            mail.Refuse(KeyStatus.Refused, $"its keys are of the type {typeof(TKey)}: {e.Message}");
            return false;
        }

        if (Hasher.Hash(in key) != mail.Request.KeyHash || !Owned.Contains(Owned.GroupOf(mail.Request.KeyHash)))
        {
            mail.Refuse(KeyStatus.Refused, $"the key's hash is another one as a {typeof(TKey)}, the type of the operator's keys. Use that type.");
            return false;
        }

        return true;
    }

    public void Answer(KeyMail mail)
    {
        IAskedTable<TKey>[] tables = [.. _parts.OfType<IAskedTable<TKey>>()];
        if (Array.Find(tables, t => t.Name == mail.Request.Name) is not { } table)
        {
            if (mail.Request.Name == KeyRequests.AllStates)
            {
                AnswerAll(mail, tables);
                return;
            }

            mail.Refuse(KeyStatus.Refused, $"it has no state '{mail.Request.Name}' per key; it has {(tables.Length == 0 ? "none" : string.Join(", ", tables.Select(t => $"'{t.Name}'")))}.");
        }
        else if (TryReadKey(mail, out TKey key))
        {
            mail.Done(table.Read(in key, mail.Request.KeyHash), table.Schema);
        }
    }

    // All between the same two records, as the members of one object.
    private void AnswerAll(KeyMail mail, IAskedTable<TKey>[] tables)
    {
        if (!TryReadKey(mail, out TKey key))
        {
            return;
        }

        DataWriter values = new();
        List<SchemaMember> members = [];
        foreach (IAskedTable<TKey> table in tables)
        {
            if (table.Read(in key, mail.Request.KeyHash) is { } value)
            {
                values.WriteBytes(value);
                members.Add(new SchemaMember(table.Name, TypeSchema.Read(new DataReader(table.Schema))));
            }
        }

        if (members.Count == 0)
        {
            mail.Done(null, []);
            return;
        }

        DataWriter schema = new();
        new TypeSchema(SchemaKind.Object, "states") { Members = [.. members] }.Write(schema);
        mail.Done(values.ToArray(), schema.ToArray());
    }

    public override void Dispose() => Pool.Dispose();

    private ExpiringTable<TKey, Expiring<T>> ExpiringOf<T>(string name, Expiry expiry) =>
        ExpiringOf<Expiring<T>>(name, expiry, (value, now) => expiry.IsOver(value.Written, now));

    private ExpiringTable<TKey, TValue> ExpiringOf<TValue>(string name, Expiry expiry, Func<TValue, long, bool> isOver)
    {
        TablePart<TKey, TValue> part = new(name, StateSectionKind.Keyed, Owned, Pool, _plainHasher, Setup.Serializers, expiry, isOver);
        AddPart(part);
        return new ExpiringTable<TKey, TValue>(part.Table, expiry, isOver);
    }

    private TablePart<TEntry, TValue> Part<TEntry, TValue>(string name, StateSectionKind kind, IEntryHasher<TEntry> hasher)
    {
        TablePart<TEntry, TValue> part = new(name, kind, Owned, Pool, hasher, Setup.Serializers);
        AddPart(part);
        return part;
    }

    /// <summary>The handle of a declared state: the one that there is, or a new one.</summary>
    public THandle Handle<THandle>(string name, Func<THandle> create) where THandle : class
    {
        if (_handles.TryGetValue(name, out object? existing))
        {
            return existing as THandle ?? throw TwoTypes(name);
        }

        THandle handle = create();
        _handles.Add(name, handle);
        return handle;
    }
}
