using OrleansStream.Engine.Operators;
using OrleansStream.Engine.State;
using OrleansStream.Serialization;
using OrleansStream.State;

namespace OrleansStream.Engine.KeyGrains;

/// <summary>The tables of the states that the objects of an operator declare. The first object declares them, when the subtask opens and they are restored; the others must declare the same.</summary>
internal sealed class GrainTables<TKey>(OperatorSetup setup, KeyedState<TKey> state)
{
    private readonly Dictionary<string, (string Kind, object Table)> _tables = new(StringComparer.Ordinal);

    /// <summary>The subtask runs: what is not declared by now cannot be restored any more.</summary>
    public bool IsClosed { get; set; }

    public SerializerRegistry Serializers => setup.Serializers;

    public GrainCell<TKey, TValue> Cell<TValue>(string name, string kind)
    {
        if (!_tables.TryGetValue(name, out (string Kind, object Table) known))
        {
            if (IsClosed)
            {
                throw new JobDefinitionException(
                    $"Operator '{setup.Name}' declares the state '{name}' for some keys only. Open must declare the same states in every object, since they are restored before keys are known.");
            }

            _tables.Add(name, known = (kind, state.Table<TValue>(name)));
        }

        return known.Kind == kind && known.Table is KeyedTable<TKey, TValue> table
            ? new GrainCell<TKey, TValue>(table, setup.Serializers.Get<TValue>())
            : throw new JobDefinitionException($"Operator '{setup.Name}' declares the state '{name}' twice with different types. Use another name.");
    }
}

/// <summary>The states of one object: handles that are about its key, for the time of a call.</summary>
internal sealed class GrainStore<TKey>(OperatorSetup setup, GrainTables<TKey> tables) : IStateStore
{
    private readonly Dictionary<string, object> _handles = new(StringComparer.Ordinal);
    private readonly List<IGrainCell<TKey>> _cells = [];

    public void Load(in TKey key, ulong hash)
    {
        foreach (IGrainCell<TKey> cell in _cells)
        {
            cell.Load(in key, hash);
        }
    }

    public void Save(in TKey key, ulong hash)
    {
        foreach (IGrainCell<TKey> cell in _cells)
        {
            cell.Save(in key, hash);
        }
    }

    public ValueState<T> Value<T>(string name, StateOptions? options = null) =>
        Handle<ValueState<T>>(name, options, () => new GrainValueState<TKey, T>(Cell<T>(name, "value")));

    public ListState<T> List<T>(string name, StateOptions? options = null) =>
        Handle<ListState<T>>(name, options, () => new GrainListState<TKey, T>(Cell<List<T>>(name, "list"), tables.Serializers.Get<T>().IsImmutable));

    public MapState<TMapKey, TMapValue> Map<TMapKey, TMapValue>(string name, StateOptions? options = null) where TMapKey : notnull => Handle<MapState<TMapKey, TMapValue>>(
        name, options, () => new GrainMapState<TKey, TMapKey, TMapValue>(Cell<Dictionary<TMapKey, TMapValue>>(name, "map"), tables.Serializers.Get<TMapValue>().IsImmutable));

    public ReducingState<T> Reducing<T>(string name, Func<T, T, T> reduce, StateOptions? options = null) =>
        Handle<ReducingState<T>>(name, options, () => new GrainReducingState<TKey, T>(Cell<T>(name, "reducing"), reduce));

    public AggregatingState<TIn, TOut> Aggregating<TIn, TAcc, TOut>(string name, IAggregate<TIn, TAcc, TOut> aggregate, StateOptions? options = null) =>
        Handle<AggregatingState<TIn, TOut>>(name, options, () => new GrainAggregatingState<TKey, TIn, TAcc, TOut>(Cell<TAcc>(name, "aggregating"), aggregate));

    public OperatorListState<T> OperatorList<T>(string name) => throw NotOfAKey(name, "operator list");

    public OperatorListState<T> UnionList<T>(string name) => throw NotOfAKey(name, "union list");

    public BroadcastState<TMapKey, TMapValue> Broadcast<TMapKey, TMapValue>(string name) where TMapKey : notnull => throw NotOfAKey(name, "broadcast state");

    private JobDefinitionException NotOfAKey(string name, string kind) => new(
        $"Operator '{setup.Name}' declares the {kind} '{name}', but its objects belong to one key each. Keep state per key, or run the function with keyed.execution = vectorized.");

    private GrainCell<TKey, TValue> Cell<TValue>(string name, string kind)
    {
        GrainCell<TKey, TValue> cell = tables.Cell<TValue>(name, kind);
        _cells.Add(cell);
        return cell;
    }

    private THandle Handle<THandle>(string name, StateOptions? options, Func<THandle> create) where THandle : class
    {
        if (options?.Ttl is not null)
        {
            throw new JobDefinitionException(
                $"Operator '{setup.Name}' declares the state '{name}' with a time to live, which objects of keys do not keep. Clear it in a timer, or run the function with keyed.execution = vectorized.");
        }

        if (!_handles.TryGetValue(name, out object? handle))
        {
            _handles.Add(name, handle = create());
        }

        return handle as THandle ?? throw new JobDefinitionException($"Operator '{setup.Name}' declares the state '{name}' twice with different types. Use another name.");
    }
}
