using OrleansStream.Engine.State;
using OrleansStream.State;

namespace OrleansStream.Engine.Windowing;

/// <summary>State per key and window: of triggers, which can be merged, and of window functions. It is dropped with the window.</summary>
internal sealed class WindowStates<TKey>(KeyedState<TKey> state, string operatorName, bool isMerging) : ITriggerState, IStateStore
{
    private readonly NamespacedState<TKey, TimeWindow> _namespaced = state.Namespaced<TimeWindow>();
    private readonly List<Action> _clears = [];
    private readonly List<IMergingState<KeyAnd<TKey, TimeWindow>>> _merging = [];

    /// <summary>Makes a window of the current key the one that the handles are about.</summary>
    public void Select(in TimeWindow id)
    {
        if (_clears.Count > 0)
        {
            _namespaced.SetNamespace(in id);
        }
    }

    /// <summary>Drops what there is about the selected window.</summary>
    public void Clear()
    {
        foreach (Action clear in _clears)
        {
            clear();
        }
    }

    /// <summary>Moves what there is about windows of the current key to the selected one, which may be among them.</summary>
    public void MergeFrom(ReadOnlySpan<TimeWindow> ids)
    {
        foreach (IMergingState<KeyAnd<TKey, TimeWindow>> merging in _merging)
        {
            _namespaced.Merge(merging, ids);
        }
    }

    ReducingState<T> ITriggerState.Value<T>(string name, Func<T, T, T> combine)
    {
        HeapReducingState<KeyAnd<TKey, TimeWindow>, T> handle = _namespaced.Reducing("trigger:" + name, combine);
        _merging.Add(handle);
        _clears.Add(handle.Clear);
        return handle;
    }

    ValueState<T> IStateStore.Value<T>(string name, StateOptions? options)
    {
        HeapValueState<KeyAnd<TKey, TimeWindow>, T> handle = _namespaced.Value<T>(NameOf(name, options));
        _clears.Add(handle.Clear);
        return handle;
    }

    ListState<T> IStateStore.List<T>(string name, StateOptions? options)
    {
        HeapListState<KeyAnd<TKey, TimeWindow>, T> handle = _namespaced.List<T>(NameOf(name, options));
        _clears.Add(handle.Clear);
        return handle;
    }

    MapState<TMapKey, TMapValue> IStateStore.Map<TMapKey, TMapValue>(string name, StateOptions? options)
    {
        HeapMapState<KeyAnd<TKey, TimeWindow>, TMapKey, TMapValue> handle = _namespaced.Map<TMapKey, TMapValue>(NameOf(name, options));
        _clears.Add(handle.Clear);
        return handle;
    }

    ReducingState<T> IStateStore.Reducing<T>(string name, Func<T, T, T> reduce, StateOptions? options)
    {
        HeapReducingState<KeyAnd<TKey, TimeWindow>, T> handle = _namespaced.Reducing(NameOf(name, options), reduce);
        _clears.Add(handle.Clear);
        return handle;
    }

    AggregatingState<TIn, TOut> IStateStore.Aggregating<TIn, TAcc, TOut>(string name, IAggregate<TIn, TAcc, TOut> aggregate, StateOptions? options)
    {
        HeapAggregatingState<KeyAnd<TKey, TimeWindow>, TIn, TAcc, TOut> handle = _namespaced.Aggregating(NameOf(name, options), aggregate);
        _clears.Add(handle.Clear);
        return handle;
    }

    OperatorListState<T> IStateStore.OperatorList<T>(string name) =>
        throw new JobDefinitionException($"Operator '{operatorName}' declares the operator list '{name}' per window. Declare it in State, not in WindowState.");

    OperatorListState<T> IStateStore.UnionList<T>(string name) =>
        throw new JobDefinitionException($"Operator '{operatorName}' declares the union list '{name}' per window. Declare it in State, not in WindowState.");

    BroadcastState<TMapKey, TMapValue> IStateStore.Broadcast<TMapKey, TMapValue>(string name) =>
        throw new JobDefinitionException($"Operator '{operatorName}' declares the broadcast state '{name}' in a window. Windows have no broadcast input.");

    private string NameOf(string name, StateOptions? options) => options?.Ttl is not null
        ? throw new JobDefinitionException($"Operator '{operatorName}' gives the state '{name}' per window a time to live; it lives as long as its window. Leave the Ttl out, or use State.")
        : isMerging
        ? throw new JobDefinitionException(
            $"Operator '{operatorName}' declares the state '{name}' per window, but its windows merge, and nothing says how two states become one. Use State, or windows that do not merge.")
        : "window:" + name;
}
