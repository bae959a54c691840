namespace OrleansStream;

/// <summary>Two streams that are to be joined by key: say which records meet, with <see cref="Window(WindowAssigner)"/>, <see cref="Between"/> or <see cref="Anytime"/>.</summary>
/// <typeparam name="TKey">The type of the key.</typeparam>
/// <typeparam name="T1">The type of the first stream's records.</typeparam>
/// <typeparam name="T2">The type of the second stream's records.</typeparam>
public sealed class KeyedJoin<TKey, T1, T2>
{
    private readonly DataStream<T1> _first;
    private readonly DataStream<T2> _second;
    private readonly Func<T1, TKey> _firstKey;
    private readonly Func<T2, TKey> _secondKey;

    internal KeyedJoin(DataStream<T1> first, DataStream<T2> second, Func<T1, TKey> firstKey, Func<T2, TKey> secondKey)
    {
        _first = first;
        _second = second;
        _firstKey = firstKey;
        _secondKey = secondKey;
    }

    /// <summary>Records meet that are in one window. Sessions are formed over both streams together.</summary>
    /// <param name="windows">Tumbling, sliding, session or global windows.</param>
    public WindowJoin<TKey, T1, T2> Window(WindowAssigner windows)
    {
        ArgumentNullException.ThrowIfNull(windows);
        Func<T1, TKey> firstKey = _firstKey;
        Func<T2, TKey> secondKey = _secondKey;
        DataStream<JoinSide<T1, T2>> both = _first.Map(static first => new JoinSide<T1, T2>(false, first, default)).WithName("first of join")
            .Union(_second.Map(static second => new JoinSide<T1, T2>(true, default, second)).WithName("second of join"));
        return new WindowJoin<TKey, T1, T2>(both.KeyBy(side => side.IsSecond ? secondKey(side.Second!) : firstKey(side.First!)).Window(windows));
    }

    /// <summary>
    /// Records meet whose times are near: a second one that is at least <paramref name="lower"/> and at most <paramref name="upper"/> later than the first; negative means earlier. Event time. Each record is kept
    /// as long as a partner can come that is not late.
    /// </summary>
    /// <param name="lower">The smallest difference; whole milliseconds.</param>
    /// <param name="upper">The largest difference; whole milliseconds.</param>
    /// <exception cref="JobDefinitionException">The lower bound is above the upper one.</exception>
    public IntervalJoin<TKey, T1, T2> Between(TimeSpan lower, TimeSpan upper)
    {
        JoinInterval interval = new(EventTime.WholeMilliseconds(lower, "The lower bound of a join"), EventTime.WholeMilliseconds(upper, "The upper bound of a join"));
        return interval.Lower > interval.Upper
            ? throw new JobDefinitionException($"A join between {lower} and {upper} finds nothing: the lower bound is above the upper one. Exchange them.")
            : new IntervalJoin<TKey, T1, T2>(_first.KeyBy(_firstKey), _second.KeyBy(_secondKey), interval, null, null);
    }

    /// <summary>
    /// Records of one key meet whenever they come: each is kept, and meets all of the other stream that are kept then. The result has the later timestamp of the two. Give a time, unless there are few records:
    /// without one both states grow for ever, and the job says so when it starts.
    /// </summary>
    /// <param name="keepFor">How long a record is kept, by the host's clock; null for ever. Whole milliseconds.</param>
    public StateJoin<TKey, T1, T2> Anytime(TimeSpan? keepFor = null) => new(_first.KeyBy(_firstKey), _second.KeyBy(_secondKey), keepFor);
}
