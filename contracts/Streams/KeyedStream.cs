using OrleansStream.Combining;
using OrleansStream.Graph;

namespace OrleansStream;

/// <summary>A stream whose records of one key are together on one subtask: where keyed state, timers and windows exist.</summary>
/// <typeparam name="TKey">The type of the key.</typeparam>
/// <typeparam name="T">The type of the records.</typeparam>
public sealed class KeyedStream<TKey, T> : DataStream<T>
{
    private readonly Func<T, TKey> _selector;

    internal KeyedStream(StreamEnvironment env, IReadOnlyList<(StreamNode Node, OutputTag? Tag)> taps, KeyPartitioning<TKey, T> partitioning)
        : base(env, taps, partitioning)
    {
        _selector = partitioning.Selector;
        _ = Keys.KeyHasher.For<TKey>();
    }

    /// <summary>Applies a function with keyed state and timers.</summary>
    /// <typeparam name="TOut">The type of the results.</typeparam>
    /// <param name="function">The function; one object per subtask.</param>
    public OperatorStream<TOut> Process<TOut>(KeyedProcessFunction<TKey, T, TOut> function)
    {
        ArgumentNullException.ThrowIfNull(function);
        return Then<TOut>(id => new KeyedProcessNode<TKey, T, TOut>(function) { Id = id, Name = function.GetType().Name });
    }

    /// <summary>Combines the records of a key one by one; each record emits what they have been combined to so far.</summary>
    /// <param name="reduce">Combines what is there (first) with a new record (second); must change neither.</param>
    public OperatorStream<T> Reduce(Func<T, T, T> reduce)
    {
        ArgumentNullException.ThrowIfNull(reduce);
        return Then<T>(id => new ReduceNode<TKey, T>(reduce) { Id = id });
    }

    /// <summary>Aggregates the records of a key; each record emits the result so far.</summary>
    /// <typeparam name="TAcc">The type of the accumulator.</typeparam>
    /// <typeparam name="TOut">The type of the aggregate's result.</typeparam>
    /// <typeparam name="TResult">The type of the records that are emitted.</typeparam>
    /// <param name="aggregate">The aggregate, best a struct.</param>
    /// <param name="result">Makes a record of a key and its result.</param>
    public OperatorStream<TResult> Aggregate<TAcc, TOut, TResult>(IAggregate<T, TAcc, TOut> aggregate, Func<TKey, TOut, TResult> result)
    {
        ArgumentNullException.ThrowIfNull(aggregate);
        ArgumentNullException.ThrowIfNull(result);
        return Then<TResult>(id => new AggregateNode<TKey, T, TAcc, TOut, TResult>(aggregate, result) { Id = id });
    }

    /// <summary>
    /// Combines records before they are sent to the subtask that owns their key: the answer to keys that have much more records than others. Windows have it too, <see cref="WindowedStream{TKey, T}.CombineLocally"/>.
    /// </summary>
    /// <param name="options">How much is held, and for how long; null for the defaults.</param>
    public CombinedStream<TKey, T> CombineLocally(CombineOptions? options = null)
    {
        options ??= new CombineOptions();
        options.Validate();
        return new CombinedStream<TKey, T>(this, options);
    }

    /// <summary>Groups the records of a key by time.</summary>
    /// <param name="windows">Tumbling, sliding, session or global windows, or some of your own.</param>
    public WindowedStream<TKey, T> Window(WindowAssigner windows)
    {
        ArgumentNullException.ThrowIfNull(windows);
        return new WindowedStream<TKey, T>(this, new WindowSettings<T>(windows));
    }

    /// <summary>Groups the records of a key by time and contents.</summary>
    /// <param name="windows">Sessions with a gap by record, or windows of your own.</param>
    public WindowedStream<TKey, T> Window(WindowAssigner<T> windows)
    {
        ArgumentNullException.ThrowIfNull(windows);
        return new WindowedStream<TKey, T>(this, new WindowSettings<T>(windows));
    }

    /// <summary>Groups each <paramref name="size"/> records of a key. A rest that is smaller never fires.</summary>
    /// <param name="size">At least 1.</param>
    public WindowedStream<TKey, T> CountWindow(long size) => Window(GlobalWindows.Create()).Trigger(Trigger.Count(size)).Discarding();

    /// <summary>The last <paramref name="size"/> records of a key, at every <paramref name="slide"/>th of them.</summary>
    /// <param name="size">At least 1.</param>
    /// <param name="slide">At least 1.</param>
    public WindowedStream<TKey, T> CountWindow(int size, long slide) =>
        Window(GlobalWindows.Create()).Trigger(Trigger.Count(slide)).Evict(Evictor.Count<T>(size));

    /// <summary>Connects with another stream keyed by the same type, for a function that sees both and shares the key's state.</summary>
    /// <typeparam name="T2">The type of the other stream's records.</typeparam>
    /// <param name="other">The other stream.</param>
    public KeyedConnectedStreams<TKey, T, T2> Connect<T2>(KeyedStream<TKey, T2> other) => new(this, other);

    /// <summary>Connects with a stream whose records every subtask gets, for a function that keeps them in broadcast state: rules that change while the job runs.</summary>
    /// <typeparam name="TBroadcast">The type of the other stream's records.</typeparam>
    /// <param name="broadcast">The other stream.</param>
    public new KeyedBroadcastStreams<TKey, T, TBroadcast> ConnectBroadcast<TBroadcast>(DataStream<TBroadcast> broadcast)
    {
        ArgumentNullException.ThrowIfNull(broadcast);
        return new KeyedBroadcastStreams<TKey, T, TBroadcast>(this, broadcast.Broadcast());
    }

    /// <summary>Looks for a pattern of events in the records of each key.</summary>
    /// <param name="pattern">The pattern.</param>
    /// <param name="afterMatch">What becomes of other partial matches when a match was found; null for <see cref="AfterMatch.NoSkip"/>.</param>
    /// <exception cref="JobDefinitionException">The pattern can never match, never end, or contradicts itself.</exception>
    public PatternStream<TKey, T> Match(Pattern<T> pattern, AfterMatch? afterMatch = null)
    {
        ArgumentNullException.ThrowIfNull(pattern);
        PatternRules.Check(pattern, afterMatch ?? AfterMatch.NoSkip);
        return new PatternStream<TKey, T>(this, new PatternSettings<T>(pattern, afterMatch ?? AfterMatch.NoSkip));
    }

    /// <summary>Puts the combining in front of the exchange: one operator behind each output, with as many subtasks, so that they run in one tasklet.</summary>
    internal KeyedStream<TKey, Partial<TKey, T, TAcc>> Combine<TAcc, TOut>(
        WindowAssigner? windows, bool hasLateOutput, IAggregate<T, TAcc, TOut> aggregate, CombineOptions options)
    {
        if (!AggregateTraits.CanMerge(aggregate))
        {
            throw new JobDefinitionException($"CombineLocally needs an aggregate that can be put together from parts, and {aggregate.GetType().Name} has no Merge. Implement IAggregate<,,>.Merge, or leave CombineLocally out.");
        }

        List<(StreamNode Node, OutputTag? Tag)> combined = [];
        foreach ((StreamNode node, OutputTag? tag) in Taps)
        {
            combined.Add((Env.Append(
                id => new CombineNode<TKey, T, TAcc, TOut>(_selector, windows, Taps.Count == 1, hasLateOutput, aggregate, options) { Id = id, Parallelism = node.Parallelism },
                [new StreamEdge<T>(node, tag, Partitioning.Forward, 0)]), null));
        }

        return new KeyedStream<TKey, Partial<TKey, T, TAcc>>(Env, combined, new KeyPartitioning<TKey, Partial<TKey, T, TAcc>>(static partial => partial.Key));
    }

    /// <summary>Spreads each key over some salts, in turns.</summary>
    internal KeyedStream<(TKey Key, int Salt), Salted<T>> Salt(int salts)
    {
        int next = 0;
        Func<T, TKey> selector = _selector;
        return new DataStream<T>(Env, Taps, Partitioning.Forward)
            .Map(value => new Salted<T>(next = next + 1 == salts ? 0 : next + 1, value)).WithName("salt")
            .KeyBy(salted => (selector(salted.Value), salted.Salt));
    }

    internal OperatorStream<TOut> Append<TOut>(Func<int, StreamNode> create) => Then<TOut>(create);
}
