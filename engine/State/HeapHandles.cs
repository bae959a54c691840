using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using OrleansStream.State;

namespace OrleansStream.Engine.State;

internal sealed class HeapValueState<TEntry, T>(KeyedTable<TEntry, T> table, KeyCursor<TEntry> at) : ValueState<T>
{
    public override bool TryGet([MaybeNullWhen(false)] out T value) => table.TryGet(in at.Entry, at.Hash, out value);

    public override void Set(in T value)
    {
        if (value is null)
        {
            Clear();
            return;
        }

        table.GetOrAdd(in at.Entry, at.Hash, out _) = value;
    }

    public override void Clear() => table.Remove(in at.Entry, at.Hash);
}

internal sealed class HeapReducingState<TEntry, T>(KeyedTable<TEntry, T> table, KeyCursor<TEntry> at, Func<T, T, T> reduce)
    : ReducingState<T>, IMergingState<TEntry>
{
    public void MergeFrom(ReadOnlySpan<(TEntry Entry, ulong Hash)> sources)
    {
        T merged = default!;
        bool any = false;
        foreach ((TEntry entry, ulong hash) in sources)
        {
            if (table.TryGet(in entry, hash, out T? value))
            {
                table.Remove(in entry, hash);
                merged = any ? reduce(merged, value) : value;
                any = true;
            }
        }

        if (any)
        {
            Add(in merged);
        }
    }

    public override void Add(in T value)
    {
        ref T there = ref table.GetOrAdd(in at.Entry, at.Hash, out bool added);
        if (added)
        {
            there = value;
            return;
        }

        there = reduce(there, value);
    }

    public override bool TryGet([MaybeNullWhen(false)] out T value) => table.TryGet(in at.Entry, at.Hash, out value);

    public override void Clear() => table.Remove(in at.Entry, at.Hash);
}

internal sealed class HeapAggregatingState<TEntry, TIn, TAcc, TOut>(KeyedTable<TEntry, TAcc> table, KeyCursor<TEntry> at, IAggregate<TIn, TAcc, TOut> aggregate)
    : AggregatingState<TIn, TOut>, IMergingState<TEntry>
{
    public void MergeFrom(ReadOnlySpan<(TEntry Entry, ulong Hash)> sources)
    {
        TAcc merged = default!;
        bool any = false;
        foreach ((TEntry entry, ulong hash) in sources)
        {
            if (table.TryGet(in entry, hash, out TAcc? accumulator))
            {
                table.Remove(in entry, hash);
                if (any)
                {
                    aggregate.Merge(ref merged, in accumulator);
                }
                else
                {
                    merged = accumulator;
                    any = true;
                }
            }
        }

        if (!any)
        {
            return;
        }

        ref TAcc there = ref table.GetOrAdd(in at.Entry, at.Hash, out bool added);
        if (added)
        {
            there = merged;
        }
        else
        {
            aggregate.Merge(ref there, in merged);
        }
    }

    public override void Add(in TIn value)
    {
        ref TAcc accumulator = ref table.GetOrAdd(in at.Entry, at.Hash, out bool added);
        if (added)
        {
            accumulator = aggregate.Create();
        }

        aggregate.Add(ref accumulator, in value);
    }

    public override bool TryGet([MaybeNullWhen(false)] out TOut result)
    {
        if (table.TryGet(in at.Entry, at.Hash, out TAcc? accumulator))
        {
            result = aggregate.Result(in accumulator);
            return true;
        }

        result = default;
        return false;
    }

    public override void Clear() => table.Remove(in at.Entry, at.Hash);
}

internal sealed class HeapListState<TEntry, T>(KeyedTable<TEntry, List<T>> table, KeyCursor<TEntry> at) : ListState<T>, IMergingState<TEntry>
{
    public void MergeFrom(ReadOnlySpan<(TEntry Entry, ulong Hash)> sources)
    {
        List<T>? merged = null;
        foreach ((TEntry entry, ulong hash) in sources)
        {
            if (table.TryGet(in entry, hash, out List<T>? list))
            {
                table.Remove(in entry, hash);
                if (merged is null)
                {
                    merged = list;
                }
                else
                {
                    merged.AddRange(list);
                }
            }
        }

        if (merged is null)
        {
            return;
        }

        ref List<T> there = ref table.GetOrAdd(in at.Entry, at.Hash, out bool added);
        if (added)
        {
            there = merged;
        }
        else
        {
            there.AddRange(merged);
        }
    }

    public override IReadOnlyList<T> Get() => table.TryGet(in at.Entry, at.Hash, out List<T>? list) ? list : [];

    public override void Add(in T value)
    {
        ref List<T> list = ref table.GetOrAdd(in at.Entry, at.Hash, out bool added);
        if (added)
        {
            list = [];
        }

        list.Add(value);
    }

    public override void AddRange(IEnumerable<T> values)
    {
        // What Get gave may be the list itself.
        foreach (T value in values is List<T> ? [.. values] : values)
        {
            Add(in value);
        }
    }

    public override void Update(IEnumerable<T> values)
    {
        List<T> copy = [.. values];
        if (copy.Count == 0)
        {
            Clear();
            return;
        }

        table.GetOrAdd(in at.Entry, at.Hash, out _) = copy;
    }

    public override void Clear() => table.Remove(in at.Entry, at.Hash);
}

internal sealed class HeapMapState<TEntry, TMapKey, TMapValue>(KeyedTable<TEntry, Dictionary<TMapKey, TMapValue>> table, KeyCursor<TEntry> at)
    : MapState<TMapKey, TMapValue> where TMapKey : notnull
{
    private static readonly Dictionary<TMapKey, TMapValue> s_empty = [];

    public override IReadOnlyCollection<KeyValuePair<TMapKey, TMapValue>> Entries => Find();

    public override bool TryGet(TMapKey mapKey, [MaybeNullWhen(false)] out TMapValue value) => Find().TryGetValue(mapKey, out value);

    public override bool Contains(TMapKey mapKey) => Find().ContainsKey(mapKey);

    public override void Set(TMapKey mapKey, in TMapValue value)
    {
        ref Dictionary<TMapKey, TMapValue> map = ref table.GetOrAdd(in at.Entry, at.Hash, out bool added);
        if (added)
        {
            map = [];
        }

        map[mapKey] = value;
    }

    public override bool Remove(TMapKey mapKey)
    {
        ref Dictionary<TMapKey, TMapValue> map = ref table.FindForWrite(in at.Entry, at.Hash);
        if (Unsafe.IsNullRef(ref map) || !map.Remove(mapKey))
        {
            return false;
        }

        if (map.Count == 0)
        {
            table.Remove(in at.Entry, at.Hash);
        }

        return true;
    }

    public override void Clear() => table.Remove(in at.Entry, at.Hash);

    private Dictionary<TMapKey, TMapValue> Find() =>
        table.TryGet(in at.Entry, at.Hash, out Dictionary<TMapKey, TMapValue>? map) ? map : s_empty;
}
