using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using OrleansStream.State;

namespace OrleansStream.Engine.State;

internal sealed class ExpiringValueState<TEntry, T>(ExpiringTable<TEntry, Expiring<T>> state, KeyCursor<TEntry> at) : ValueState<T>
{
    public override bool TryGet([MaybeNullWhen(false)] out T value)
    {
        if (ExpiringRead.TryGet(state, at, out Expiring<T> found))
        {
            value = found.Value;
            return true;
        }

        value = default;
        return false;
    }

    public override void Set(in T value)
    {
        if (value is null)
        {
            Clear();
            return;
        }

        long now = state.Begin();
        state.Table.GetOrAdd(in at.Entry, at.Hash, out _) = new Expiring<T>(value, now);
    }

    public override void Clear() => state.Table.Remove(in at.Entry, at.Hash);
}

internal sealed class ExpiringReducingState<TEntry, T>(ExpiringTable<TEntry, Expiring<T>> state, KeyCursor<TEntry> at, Func<T, T, T> reduce) : ReducingState<T>
{
    public override void Add(in T value)
    {
        long now = state.Begin();
        ref Expiring<T> there = ref state.Table.GetOrAdd(in at.Entry, at.Hash, out bool added);
        bool continues = !added && (state.Expiry.ReturnsExpired || !state.Expiry.IsOver(there.Written, now));
        there = new Expiring<T>(continues ? reduce(there.Value, value) : value, now);
    }

    public override bool TryGet([MaybeNullWhen(false)] out T value)
    {
        if (ExpiringRead.TryGet(state, at, out Expiring<T> found))
        {
            value = found.Value;
            return true;
        }

        value = default;
        return false;
    }

    public override void Clear() => state.Table.Remove(in at.Entry, at.Hash);
}

internal sealed class ExpiringAggregatingState<TEntry, TIn, TAcc, TOut>(
    ExpiringTable<TEntry, Expiring<TAcc>> state, KeyCursor<TEntry> at, IAggregate<TIn, TAcc, TOut> aggregate) : AggregatingState<TIn, TOut>
{
    public override void Add(in TIn value)
    {
        long now = state.Begin();
        ref Expiring<TAcc> there = ref state.Table.GetOrAdd(in at.Entry, at.Hash, out bool added);
        if (added || (!state.Expiry.ReturnsExpired && state.Expiry.IsOver(there.Written, now)))
        {
            there.Value = aggregate.Create();
        }

        TAcc accumulator = there.Value;
        aggregate.Add(ref accumulator, in value);
        there = new Expiring<TAcc>(accumulator, now);
    }

    public override bool TryGet([MaybeNullWhen(false)] out TOut result)
    {
        if (ExpiringRead.TryGet(state, at, out Expiring<TAcc> found))
        {
            result = aggregate.Result(found.Value);
            return true;
        }

        result = default;
        return false;
    }

    public override void Clear() => state.Table.Remove(in at.Entry, at.Hash);
}

/// <summary>A list whose elements end one by one.</summary>
internal sealed class ExpiringListState<TEntry, T>(ExpiringTable<TEntry, List<Expiring<T>>> state, KeyCursor<TEntry> at) : ListState<T>
{
    private readonly List<T> _view = [];

    public override IReadOnlyList<T> Get()
    {
        long now = state.Begin();
        _view.Clear();
        if (!state.Table.TryGet(in at.Entry, at.Hash, out List<Expiring<T>>? list))
        {
            return _view;
        }

        Expiry expiry = state.Expiry;
        Span<Expiring<T>> all = CollectionsMarshal.AsSpan(list);
        // What may be seen again stays until all of it is over, as in Flink; reads that prolong drop it.
        bool keepsOver = expiry is { ReturnsExpired: true, ProlongsOnRead: false };
        int kept = 0;
        bool anyLives = false;
        for (int i = 0; i < all.Length; i++)
        {
            Expiring<T> element = all[i];
            bool isOver = expiry.IsOver(element.Written, now);
            anyLives |= !isOver;
            if (!isOver || expiry.ReturnsExpired)
            {
                _view.Add(element.Value);
            }

            if (!isOver || keepsOver)
            {
                all[kept++] = expiry.ProlongsOnRead ? element with { Written = now } : element;
            }
        }

        if (!anyLives)
        {
            Clear();
        }
        else if (kept < all.Length)
        {
            list.RemoveRange(kept, all.Length - kept);
        }

        return _view;
    }

    public override void Add(in T value)
    {
        long now = state.Begin();
        ListOf().Add(new Expiring<T>(value, now));
    }

    public override void AddRange(IEnumerable<T> values)
    {
        long now = state.Begin();
        foreach (T value in values)
        {
            ListOf().Add(new Expiring<T>(value, now));
        }
    }

    public override void Update(IEnumerable<T> values)
    {
        long now = state.Begin();
        List<Expiring<T>> list = [.. values.Select(value => new Expiring<T>(value, now))];
        if (list.Count == 0)
        {
            Clear();
            return;
        }

        state.Table.GetOrAdd(in at.Entry, at.Hash, out _) = list;
    }

    public override void Clear() => state.Table.Remove(in at.Entry, at.Hash);

    private List<Expiring<T>> ListOf()
    {
        ref List<Expiring<T>> list = ref state.Table.GetOrAdd(in at.Entry, at.Hash, out bool added);
        if (added)
        {
            list = [];
        }

        return list;
    }
}

/// <summary>A map whose entries end one by one.</summary>
internal sealed class ExpiringMapState<TEntry, TMapKey, TMapValue>(ExpiringTable<TEntry, Dictionary<TMapKey, Expiring<TMapValue>>> state, KeyCursor<TEntry> at)
    : MapState<TMapKey, TMapValue> where TMapKey : notnull
{
    private readonly List<KeyValuePair<TMapKey, TMapValue>> _view = [];
    private readonly List<TMapKey> _over = [];

    public override IReadOnlyCollection<KeyValuePair<TMapKey, TMapValue>> Entries
    {
        get
        {
            long now = state.Begin();
            _view.Clear();
            if (!state.Table.TryGet(in at.Entry, at.Hash, out Dictionary<TMapKey, Expiring<TMapValue>>? map))
            {
                return _view;
            }

            foreach ((TMapKey mapKey, Expiring<TMapValue> entry) in map)
            {
                bool isOver = state.Expiry.IsOver(entry.Written, now);
                if (!isOver || state.Expiry.ReturnsExpired)
                {
                    _view.Add(KeyValuePair.Create(mapKey, entry.Value));
                }

                if (isOver)
                {
                    _over.Add(mapKey);
                }
                else if (state.Expiry.ProlongsOnRead)
                {
                    CollectionsMarshal.GetValueRefOrNullRef(map, mapKey).Written = now;
                }
            }

            foreach (TMapKey mapKey in _over)
            {
                RemoveFrom(map, mapKey);
            }

            _over.Clear();
            return _view;
        }
    }

    public override bool IsEmpty => !state.Table.TryGet(in at.Entry, at.Hash, out _);

    public override bool TryGet(TMapKey mapKey, [MaybeNullWhen(false)] out TMapValue value)
    {
        long now = state.Begin();
        value = default;
        if (!state.Table.TryGet(in at.Entry, at.Hash, out Dictionary<TMapKey, Expiring<TMapValue>>? map))
        {
            return false;
        }

        ref Expiring<TMapValue> entry = ref CollectionsMarshal.GetValueRefOrNullRef(map, mapKey);
        if (Unsafe.IsNullRef(ref entry))
        {
            return false;
        }

        value = entry.Value;
        if (state.Expiry.IsOver(entry.Written, now))
        {
            RemoveFrom(map, mapKey);
            return state.Expiry.ReturnsExpired;
        }

        if (state.Expiry.ProlongsOnRead)
        {
            entry.Written = now;
        }

        return true;
    }

    public override bool Contains(TMapKey mapKey) => TryGet(mapKey, out _);

    public override void Set(TMapKey mapKey, in TMapValue value)
    {
        long now = state.Begin();
        ref Dictionary<TMapKey, Expiring<TMapValue>> map = ref state.Table.GetOrAdd(in at.Entry, at.Hash, out bool added);
        if (added)
        {
            map = [];
        }

        map[mapKey] = new Expiring<TMapValue>(value, now);
    }

    public override bool Remove(TMapKey mapKey)
    {
        long now = state.Begin();
        if (!state.Table.TryGet(in at.Entry, at.Hash, out Dictionary<TMapKey, Expiring<TMapValue>>? map) || !map.TryGetValue(mapKey, out Expiring<TMapValue> entry))
        {
            return false;
        }

        RemoveFrom(map, mapKey);
        return state.Expiry.ReturnsExpired || !state.Expiry.IsOver(entry.Written, now);
    }

    public override void Clear() => state.Table.Remove(in at.Entry, at.Hash);

    private void RemoveFrom(Dictionary<TMapKey, Expiring<TMapValue>> map, TMapKey mapKey)
    {
        map.Remove(mapKey);
        if (map.Count == 0)
        {
            Clear();
        }
    }
}

/// <summary>Reads a single value, removes it if its time is over, and prolongs it if reading does.</summary>
internal static class ExpiringRead
{
    public static bool TryGet<TEntry, T>(ExpiringTable<TEntry, Expiring<T>> state, KeyCursor<TEntry> at, out Expiring<T> found)
    {
        long now = state.Begin();
        if (!state.Table.TryGet(in at.Entry, at.Hash, out found))
        {
            return false;
        }

        if (state.Expiry.IsOver(found.Written, now))
        {
            state.Table.Remove(in at.Entry, at.Hash);
            return state.Expiry.ReturnsExpired;
        }

        if (state.Expiry.ProlongsOnRead)
        {
            state.Table.GetOrAdd(in at.Entry, at.Hash, out _).Written = now;
        }

        return true;
    }
}
