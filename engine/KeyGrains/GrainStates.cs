using System.Diagnostics.CodeAnalysis;
using OrleansStream.State;

namespace OrleansStream.Engine.KeyGrains;

internal sealed class GrainValueState<TKey, T>(GrainCell<TKey, T> cell) : ValueState<T>
{
    public override bool TryGet([MaybeNullWhen(false)] out T value)
    {
        value = cell.Own();
        return cell.Has;
    }

    public override void Set(in T value)
    {
        if (value is null)
        {
            cell.Clear();
            return;
        }

        cell.Set(in value);
    }

    public override void Clear() => cell.Clear();
}

internal sealed class GrainReducingState<TKey, T>(GrainCell<TKey, T> cell, Func<T, T, T> reduce) : ReducingState<T>
{
    public override void Add(in T value) => cell.Set(cell.Has ? reduce(cell.Own(), value) : value);

    public override bool TryGet([MaybeNullWhen(false)] out T value)
    {
        value = cell.Own();
        return cell.Has;
    }

    public override void Clear() => cell.Clear();
}

internal sealed class GrainAggregatingState<TKey, TIn, TAcc, TOut>(GrainCell<TKey, TAcc> cell, IAggregate<TIn, TAcc, TOut> aggregate) : AggregatingState<TIn, TOut>
{
    public override void Add(in TIn value)
    {
        if (!cell.Has)
        {
            cell.Set(aggregate.Create());
        }

        aggregate.Add(ref cell.Change(), in value);
    }

    public override bool TryGet([MaybeNullWhen(false)] out TOut result)
    {
        result = cell.Has ? aggregate.Result(in cell.Own()) : default;
        return cell.Has;
    }

    public override void Clear() => cell.Clear();
}

internal sealed class GrainListState<TKey, T>(GrainCell<TKey, List<T>> cell, bool areElementsImmutable) : ListState<T>
{
    public override IReadOnlyList<T> Get() => !cell.Has ? [] : areElementsImmutable ? cell.Peek : cell.Own();

    public override void Add(in T value)
    {
        if (!cell.Has)
        {
            cell.Set([]);
        }

        cell.Change().Add(value);
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
            cell.Clear();
        }
        else
        {
            cell.Set(in copy);
        }
    }

    public override void Clear() => cell.Clear();
}

internal sealed class GrainMapState<TKey, TMapKey, TMapValue>(GrainCell<TKey, Dictionary<TMapKey, TMapValue>> cell, bool areValuesImmutable)
    : MapState<TMapKey, TMapValue> where TMapKey : notnull
{
    private static readonly Dictionary<TMapKey, TMapValue> s_empty = [];

    public override IReadOnlyCollection<KeyValuePair<TMapKey, TMapValue>> Entries => Find();

    public override bool TryGet(TMapKey mapKey, [MaybeNullWhen(false)] out TMapValue value) => Find().TryGetValue(mapKey, out value);

    public override bool Contains(TMapKey mapKey) => cell.Has && cell.Peek.ContainsKey(mapKey);

    public override void Set(TMapKey mapKey, in TMapValue value)
    {
        if (!cell.Has)
        {
            cell.Set([]);
        }

        cell.Change()[mapKey] = value;
    }

    public override bool Remove(TMapKey mapKey)
    {
        if (!Contains(mapKey))
        {
            return false;
        }

        Dictionary<TMapKey, TMapValue> map = cell.Change();
        map.Remove(mapKey);
        if (map.Count == 0)
        {
            cell.Clear();
        }

        return true;
    }

    public override void Clear() => cell.Clear();

    private Dictionary<TMapKey, TMapValue> Find() => !cell.Has ? s_empty : areValuesImmutable ? cell.Peek : cell.Own();
}
