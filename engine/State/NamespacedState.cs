using OrleansStream.Keys;

namespace OrleansStream.Engine.State;

/// <summary>
/// Handles of state that has one entry per key and namespace (a window, a name), of the key and namespace that <see cref="SetNamespace"/> was called for last. A change of key alone does not
/// move the handles. States that can be merged move their contents from namespace to namespace of one key.
/// </summary>
internal sealed class NamespacedState<TKey, TNamespace>(KeyedState<TKey> state)
{
    private readonly KeyHasher<TNamespace> _namespaces = KeyHasher.For<TNamespace>();
    private readonly KeyCursor<KeyAnd<TKey, TNamespace>> _at = new();
    private (KeyAnd<TKey, TNamespace> Entry, ulong Hash)[] _sources = [];

    /// <summary>Makes a namespace of the current key the one that the handles read and write.</summary>
    public void SetNamespace(in TNamespace inner) => (_at.Entry, _at.Hash) = EntryOf(in inner);

    public HeapValueState<KeyAnd<TKey, TNamespace>, T> Value<T>(string name) =>
        state.Handle(name, () => new HeapValueState<KeyAnd<TKey, TNamespace>, T>(state.Table<TNamespace, T>(name), _at));

    public HeapListState<KeyAnd<TKey, TNamespace>, T> List<T>(string name) =>
        state.Handle(name, () => new HeapListState<KeyAnd<TKey, TNamespace>, T>(state.Table<TNamespace, List<T>>(name), _at));

    public HeapMapState<KeyAnd<TKey, TNamespace>, TMapKey, TMapValue> Map<TMapKey, TMapValue>(string name) where TMapKey : notnull => state.Handle(
        name, () => new HeapMapState<KeyAnd<TKey, TNamespace>, TMapKey, TMapValue>(state.Table<TNamespace, Dictionary<TMapKey, TMapValue>>(name), _at));

    public HeapReducingState<KeyAnd<TKey, TNamespace>, T> Reducing<T>(string name, Func<T, T, T> reduce) =>
        state.Handle(name, () => new HeapReducingState<KeyAnd<TKey, TNamespace>, T>(state.Table<TNamespace, T>(name), _at, reduce));

    public HeapAggregatingState<KeyAnd<TKey, TNamespace>, TIn, TAcc, TOut> Aggregating<TIn, TAcc, TOut>(string name, IAggregate<TIn, TAcc, TOut> aggregate) =>
        state.Handle(
            name, () => new HeapAggregatingState<KeyAnd<TKey, TNamespace>, TIn, TAcc, TOut>(state.Table<TNamespace, TAcc>(name), _at, aggregate));

    /// <summary>Moves the contents of other namespaces of the current key into the current namespace.</summary>
    public void Merge(IMergingState<KeyAnd<TKey, TNamespace>> merging, ReadOnlySpan<TNamespace> from)
    {
        if (_sources.Length < from.Length)
        {
            _sources = new (KeyAnd<TKey, TNamespace> Entry, ulong Hash)[Math.Max(from.Length, 4)];
        }

        for (int i = 0; i < from.Length; i++)
        {
            _sources[i] = EntryOf(in from[i]);
        }

        merging.MergeFrom(_sources.AsSpan(0, from.Length));
    }

    private (KeyAnd<TKey, TNamespace> Entry, ulong Hash) EntryOf(in TNamespace inner) => (
        new KeyAnd<TKey, TNamespace>(state.Current.Entry, inner), NamespaceHasher<TKey, TNamespace>.Mix(state.Current.Hash, _namespaces.Hash(in inner)));
}
