using OrleansStream.Engine.Checkpointing;
using OrleansStream.Engine.Operators;
using OrleansStream.Serialization;
using OrleansStream.State;

namespace OrleansStream.Engine.State;

/// <summary>The state of an operator without a key: operator lists.</summary>
internal class OperatorState(OperatorSetup setup) : IStateStore
{
    private readonly Dictionary<string, IOperatorList> _lists = new(StringComparer.Ordinal);

    /// <summary>What the operator had in the snapshot it starts from; null if it starts empty. Set before anything is declared.</summary>
    public RestoredOperator? Restored { get; set; }

    /// <summary>Whether a broadcast record is being processed; null for an operator without a broadcast input.</summary>
    public BroadcastPhase? Broadcasting { get; set; }

    protected OperatorSetup Setup { get; } = setup;

    public OperatorListState<T> OperatorList<T>(string name)
    {
        if (_lists.TryGetValue(name, out IOperatorList? existing))
        {
            return existing as OperatorListState<T> ?? throw TwoTypes(name);
        }

        HeapOperatorList<T> list = new(name, StateSectionKind.OperatorList, Setup.Serializers.Get<T>());
        Restored?.ReadOperatorList(name, Setup, list);
        _lists.Add(name, list);
        return list;
    }

    public OperatorListState<T> UnionList<T>(string name)
    {
        // Operators keep things of their own under this kind, so names of states have a mark.
        string stored = "union:" + name;
        if (_lists.TryGetValue(stored, out IOperatorList? existing))
        {
            return existing as OperatorListState<T> ?? throw TwoTypes(name);
        }

        HeapOperatorList<T> list = new(stored, StateSectionKind.OperatorUnion, Setup.Serializers.Get<T>());
        Restored?.ReadUnion(stored, (_, written, reader) => list.ReadAll(reader, written));
        _lists.Add(stored, list);
        return list;
    }

    public BroadcastState<TMapKey, TMapValue> Broadcast<TMapKey, TMapValue>(string name) where TMapKey : notnull
    {
        string stored = "broadcast:" + name;
        if (_lists.TryGetValue(stored, out IOperatorList? existing))
        {
            return existing as BroadcastState<TMapKey, TMapValue> ?? throw TwoTypes(name);
        }

        if (Broadcasting is null)
        {
            throw new JobDefinitionException(
                $"Operator '{Setup.Name}' declares the broadcast state '{name}', but has no broadcast input. Connect the stream with ConnectBroadcast, and use a BroadcastFunction or KeyedBroadcastFunction.");
        }

        HeapBroadcastState<TMapKey, TMapValue> map = new(stored, Setup, Broadcasting);
        Restored?.ReadUnion(stored, map.Read);
        _lists.Add(stored, map);
        return map;
    }

    public virtual ValueState<T> Value<T>(string name, StateOptions? options = null) => throw NoKey(name);

    public virtual ListState<T> List<T>(string name, StateOptions? options = null) => throw NoKey(name);

    public virtual MapState<TMapKey, TMapValue> Map<TMapKey, TMapValue>(string name, StateOptions? options = null) where TMapKey : notnull => throw NoKey(name);

    public virtual ReducingState<T> Reducing<T>(string name, Func<T, T, T> reduce, StateOptions? options = null) => throw NoKey(name);

    public virtual AggregatingState<TIn, TOut> Aggregating<TIn, TAcc, TOut>(string name, IAggregate<TIn, TAcc, TOut> aggregate, StateOptions? options = null) => throw NoKey(name);

    /// <summary>Takes consistent views of everything, for the background to write.</summary>
    public virtual void Freeze(SnapshotCollector snapshot)
    {
        foreach (IOperatorList list in _lists.Values)
        {
            snapshot.AddBytes(Setup.Uid, list.Describe(), list.ToBytes());
        }
    }

    /// <summary>Gives memory back; nothing may be called any more.</summary>
    public virtual void Dispose()
    {
    }

    protected JobDefinitionException TwoTypes(string name) =>
        new($"Operator '{Setup.Name}' declares the state '{name}' twice with different types. Use another name.");

    private JobDefinitionException NoKey(string name) =>
        new($"Operator '{Setup.Name}' declares the keyed state '{name}', but its stream has no key. Use a keyed function after KeyBy, or OperatorList.");
}

/// <summary>An operator list as the snapshot sees it.</summary>
internal interface IOperatorList
{
    StateDescription Describe();

    byte[] ToBytes();
}

internal sealed class HeapOperatorList<T>(string name, StateSectionKind kind, TypeSerializer<T> serializer) : OperatorListState<T>, IOperatorList
{
    private readonly List<T> _items = [];

    public override IReadOnlyList<T> Get() => _items;

    public override void Add(T value) => _items.Add(value);

    public override void Update(IEnumerable<T> values)
    {
        List<T> copy = [.. values];
        _items.Clear();
        _items.AddRange(copy);
    }

    public override void Clear() => _items.Clear();

    public StateDescription Describe() => new(name, kind, null, typeof(T).ToString(), [], SchemaBytes.Of(serializer));

    public byte[] ToBytes()
    {
        DataWriter writer = new();
        writer.WriteInt32(_items.Count);
        foreach (T item in _items)
        {
            serializer.Write(writer, in item);
        }

        return writer.ToArray();
    }

    /// <summary>Takes every <paramref name="parallelism"/>th element, counted over all subtasks of the snapshot.</summary>
    public void Read(DataReader reader, StateDescription written, ref long index, int subtask, int parallelism)
    {
        TypeSerializer<T> values = SchemaBytes.Reader(serializer, written.ValueSchema);
        int count = reader.ReadInt32();
        for (int i = 0; i < count; i++, index++)
        {
            T value = values.Read(reader);
            if (index % parallelism == subtask)
            {
                _items.Add(value);
            }
        }
    }

    /// <summary>Takes every element.</summary>
    public void ReadAll(DataReader reader, StateDescription written)
    {
        long index = 0;
        Read(reader, written, ref index, 0, 1);
    }
}
