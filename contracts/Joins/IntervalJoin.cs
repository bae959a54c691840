using OrleansStream.Graph;

namespace OrleansStream;

/// <summary>How much later a second record may be than a first one, in milliseconds; both bounds belong to it.</summary>
internal readonly record struct JoinInterval(long Lower, long Upper);

/// <summary>Two streams joined by key and nearness in event time; see <see cref="KeyedJoin{TKey, T1, T2}.Between"/>.</summary>
/// <typeparam name="TKey">The type of the key.</typeparam>
/// <typeparam name="T1">The type of the first stream's records.</typeparam>
/// <typeparam name="T2">The type of the second stream's records.</typeparam>
public sealed class IntervalJoin<TKey, T1, T2>
{
    private readonly KeyedStream<TKey, T1> _first;
    private readonly KeyedStream<TKey, T2> _second;
    private readonly JoinInterval _interval;
    private readonly OutputTag<T1>? _lateFirst;
    private readonly OutputTag<T2>? _lateSecond;

    internal IntervalJoin(KeyedStream<TKey, T1> first, KeyedStream<TKey, T2> second, JoinInterval interval, OutputTag<T1>? lateFirst, OutputTag<T2>? lateSecond)
    {
        _first = first;
        _second = second;
        _interval = interval;
        _lateFirst = lateFirst;
        _lateSecond = lateSecond;
    }

    /// <summary>A second record exactly at the lower bound does not meet.</summary>
    public IntervalJoin<TKey, T1, T2> LowerExclusive() => new(_first, _second, _interval with { Lower = _interval.Lower + 1 }, _lateFirst, _lateSecond);

    /// <summary>A second record exactly at the upper bound does not meet.</summary>
    public IntervalJoin<TKey, T1, T2> UpperExclusive() => new(_first, _second, _interval with { Upper = _interval.Upper - 1 }, _lateFirst, _lateSecond);

    /// <summary>Sends late records (behind the watermark) of the first stream to a side output; without it they are counted and dropped.</summary>
    /// <param name="tag">The side output.</param>
    public IntervalJoin<TKey, T1, T2> SideOutputLateFirst(OutputTag<T1> tag)
    {
        ArgumentNullException.ThrowIfNull(tag);
        return new IntervalJoin<TKey, T1, T2>(_first, _second, _interval, tag, _lateSecond);
    }

    /// <summary>Sends late records (behind the watermark) of the second stream to a side output; without it they are counted and dropped.</summary>
    /// <param name="tag">The side output.</param>
    public IntervalJoin<TKey, T1, T2> SideOutputLateSecond(OutputTag<T2> tag)
    {
        ArgumentNullException.ThrowIfNull(tag);
        return new IntervalJoin<TKey, T1, T2>(_first, _second, _interval, _lateFirst, tag);
    }

    /// <summary>Makes a record of each pair, with the later one's timestamp.</summary>
    /// <typeparam name="TOut">The type of the records that are emitted.</typeparam>
    /// <param name="select">Makes it.</param>
    public OperatorStream<TOut> Select<TOut>(Func<T1, T2, TOut> select)
    {
        ArgumentNullException.ThrowIfNull(select);
        IntervalJoinFunction<TKey, T1, T2, TOut> function = new(_interval, _lateFirst, _lateSecond, select);
        return _first.Env.Add<TOut>(
            id => new KeyedCoProcessNode<TKey, T1, T2, TOut>(function) { Id = id, Name = $"interval-join {_interval.Lower} to {_interval.Upper} ms", IsBuiltIn = true },
            [.. _first.Edges(0), .. _second.Edges(1)]);
    }
}
