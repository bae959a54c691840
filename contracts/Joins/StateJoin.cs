using OrleansStream.Graph;
using OrleansStream.State;

namespace OrleansStream;

/// <summary>Two streams joined by key alone.</summary>
/// <typeparam name="TKey">The type of the key.</typeparam>
/// <typeparam name="T1">The type of the first stream's records.</typeparam>
/// <typeparam name="T2">The type of the second stream's records.</typeparam>
public sealed class StateJoin<TKey, T1, T2>
{
    private readonly KeyedStream<TKey, T1> _first;
    private readonly KeyedStream<TKey, T2> _second;
    private readonly TimeSpan? _keepFor;

    internal StateJoin(KeyedStream<TKey, T1> first, KeyedStream<TKey, T2> second, TimeSpan? keepFor)
    {
        _first = first;
        _second = second;
        _keepFor = keepFor;
    }

    /// <summary>Makes a record of each pair, with the later one's timestamp.</summary>
    /// <typeparam name="TOut">The type of the records that are emitted.</typeparam>
    /// <param name="select">Makes it.</param>
    public OperatorStream<TOut> Select<TOut>(Func<T1, T2, TOut> select)
    {
        ArgumentNullException.ThrowIfNull(select);
        StateJoinFunction<TKey, T1, T2, TOut> function = new(new StateOptions { Ttl = _keepFor }, select);
        return _first.Env.Add<TOut>(
            id => new KeyedCoProcessNode<TKey, T1, T2, TOut>(function)
            {
                Id = id,
                Name = "join",
                IsBuiltIn = true,
                Warning = _keepFor is null
                    ? "the join has neither a bound of time nor a time to live, so its states 'first' and 'second' keep every record for ever. Use Between or Window, or give Anytime a time."
                    : null,
            },
            [.. _first.Edges(0), .. _second.Edges(1)]);
    }
}

/// <summary>Keeps the records of both streams by key; a record meets all of the other stream that are there.</summary>
internal sealed class StateJoinFunction<TKey, T1, T2, TOut>(StateOptions options, Func<T1, T2, TOut> select) : KeyedCoProcessFunction<TKey, T1, T2, TOut>
{
    private ListState<TimedRecord<T1>> _first = null!;
    private ListState<TimedRecord<T2>> _second = null!;

    public override void Open(OpenContext context)
    {
        _first = context.State.List<TimedRecord<T1>>("first", options);
        _second = context.State.List<TimedRecord<T2>>("second", options);
    }

    public override void Process1(in T1 value, KeyedContext<TKey> context, Output<TOut> output)
    {
        _first.Add(new TimedRecord<T1>(value, context.Timestamp));
        IReadOnlyList<TimedRecord<T2>> partners = _second.Get();
        for (int i = 0; i < partners.Count; i++)
        {
            output.Emit(select(value, partners[i].Value), Math.Max(context.Timestamp, partners[i].Timestamp));
        }
    }

    public override void Process2(in T2 value, KeyedContext<TKey> context, Output<TOut> output)
    {
        _second.Add(new TimedRecord<T2>(value, context.Timestamp));
        IReadOnlyList<TimedRecord<T1>> partners = _first.Get();
        for (int i = 0; i < partners.Count; i++)
        {
            output.Emit(select(partners[i].Value, value), Math.Max(context.Timestamp, partners[i].Timestamp));
        }
    }
}
