using System.Collections;

namespace OrleansStream.Engine.Windowing;

/// <summary>Keeps an accumulator; the function sees one result.</summary>
internal struct AggregateFold<TIn, TAcc, TOut, TAggregate>(TAggregate aggregate) : IWindowFold<TIn, TAcc, TOut>
    where TAggregate : IAggregate<TIn, TAcc, TOut>
{
    private readonly TOut[] _result = new TOut[1];
    private TAggregate _aggregate = aggregate;

    public TAcc Create() => _aggregate.Create();

    public void Add(ref TAcc contents, in TIn value, long timestamp) => _aggregate.Add(ref contents, in value);

    public void Merge(ref TAcc into, in TAcc from) => _aggregate.Merge(ref into, in from);

    public IReadOnlyList<TOut> BeginFiring(ref TAcc contents, TimeWindow window)
    {
        _result[0] = _aggregate.Result(in contents);
        return _result;
    }

    public readonly bool EndFiring(ref TAcc contents, TimeWindow window)
    {
        _result[0] = default!;
        return false;
    }
}

/// <summary>Keeps the records.</summary>
internal readonly struct ListFold<T> : IWindowFold<T, List<T>, T>
{
    public List<T> Create() => [];

    public void Add(ref List<T> contents, in T value, long timestamp) => contents.Add(value);

    public void Merge(ref List<T> into, in List<T> from) => into.AddRange(from);

    public IReadOnlyList<T> BeginFiring(ref List<T> contents, TimeWindow window) => contents;

    public bool EndFiring(ref List<T> contents, TimeWindow window) => false;
}

/// <summary>Keeps the records with their timestamps, for an evictor; the function sees what <paramref name="elements"/> makes of those that are left.</summary>
internal readonly struct EvictingFold<T, TElement>(Evictor<T> evictor, Func<IReadOnlyList<T>, IReadOnlyList<TElement>> elements)
    : IWindowFold<T, List<TimedRecord<T>>, TElement>
{
    private readonly TimedValues<T> _values = new();

    public List<TimedRecord<T>> Create() => [];

    public void Add(ref List<TimedRecord<T>> contents, in T value, long timestamp) => contents.Add(new TimedRecord<T>(value, timestamp));

    public void Merge(ref List<TimedRecord<T>> into, in List<TimedRecord<T>> from) => into.AddRange(from);

    public IReadOnlyList<TElement> BeginFiring(ref List<TimedRecord<T>> contents, TimeWindow window)
    {
        evictor.EvictBefore(contents, window);
        _values.Records = contents;
        return elements(_values);
    }

    public bool EndFiring(ref List<TimedRecord<T>> contents, TimeWindow window)
    {
        _values.Records = [];
        evictor.EvictAfter(contents, window);
        return contents.Count == 0;
    }
}

/// <summary>Records without their timestamps.</summary>
internal sealed class TimedValues<T> : IReadOnlyList<T>
{
    public List<TimedRecord<T>> Records { get; set; } = [];

    public int Count => Records.Count;

    public T this[int index] => Records[index].Value;

    public IEnumerator<T> GetEnumerator() => Records.Select(record => record.Value).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
