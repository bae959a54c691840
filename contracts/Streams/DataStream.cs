using OrleansStream.Graph;

namespace OrleansStream;

/// <summary>A stream of records. Describes a dataflow; nothing runs until the job is started.</summary>
/// <typeparam name="T">The type of the records. A record must not be changed after it was emitted.</typeparam>
public class DataStream<T>
{
    private readonly IReadOnlyList<(StreamNode Node, OutputTag? Tag)> _taps;
    private readonly Partitioning _partitioning;

    internal DataStream(StreamEnvironment env, IReadOnlyList<(StreamNode Node, OutputTag? Tag)> taps, Partitioning partitioning)
    {
        Env = env;
        _taps = taps;
        _partitioning = partitioning;
    }

    internal StreamEnvironment Env { get; }

    /// <summary>The outputs that the stream is made of.</summary>
    private protected IReadOnlyList<(StreamNode Node, OutputTag? Tag)> Taps => _taps;

    /// <summary>Makes one record of each.</summary>
    /// <typeparam name="TOut">The type of the results.</typeparam>
    /// <param name="map">Called on the subtask's thread; must not block or change the record.</param>
    public OperatorStream<TOut> Map<TOut>(Func<T, TOut> map)
    {
        ArgumentNullException.ThrowIfNull(map);
        return Then<TOut>(id => new MapNode<T, TOut>(map) { Id = id });
    }

    /// <summary>Keeps the records that pass.</summary>
    /// <param name="predicate">Whether to keep a record.</param>
    public OperatorStream<T> Filter(Func<T, bool> predicate)
    {
        ArgumentNullException.ThrowIfNull(predicate);
        return Then<T>(id => new FilterNode<T>(predicate) { Id = id });
    }

    /// <summary>Makes any number of records of each.</summary>
    /// <typeparam name="TOut">The type of the results.</typeparam>
    /// <param name="action">Emits the results.</param>
    public OperatorStream<TOut> FlatMap<TOut>(FlatMapAction<T, TOut> action)
    {
        ArgumentNullException.ThrowIfNull(action);
        return Then<TOut>(id => new FlatMapNode<T, TOut>(action) { Id = id });
    }

    /// <summary>Applies a function with side outputs and operator state.</summary>
    /// <typeparam name="TOut">The type of the results.</typeparam>
    /// <param name="function">The function; one object per subtask.</param>
    public OperatorStream<TOut> Process<TOut>(ProcessFunction<T, TOut> function)
    {
        ArgumentNullException.ThrowIfNull(function);
        return Then<TOut>(id => new ProcessNode<T, TOut>(function) { Id = id, Name = function.GetType().Name });
    }

    /// <summary>Gives the records timestamps and makes watermarks here rather than in the source; watermarks from before are dropped, but the final one.</summary>
    /// <param name="watermarks">How; not aligned with others, which only a source can be.</param>
    public OperatorStream<T> AssignTimestamps(WatermarkStrategy<T> watermarks)
    {
        ArgumentNullException.ThrowIfNull(watermarks);
        if (watermarks.Alignment is { } alignment)
        {
            throw new JobDefinitionException(
                $"AssignTimestamps was given a strategy of the alignment group '{alignment.Group}': only a source can wait for others. Give the strategy to FromSource, or leave WithAlignment out.");
        }

        return Then<T>(id => new TimestampsNode<T>(watermarks) { Id = id });
    }

    /// <summary>Brings records of one key together, on the subtask that owns the key, in the order in which a subtask sent them.</summary>
    /// <typeparam name="TKey">A type with stable equality: numbers, strings, enums, Guids, times, tuples and records of these.</typeparam>
    /// <param name="selector">Gives the key of a record; always the same, never null.</param>
    /// <exception cref="KeyTypeException"><typeparamref name="TKey"/> cannot be a key.</exception>
    public KeyedStream<TKey, T> KeyBy<TKey>(Func<T, TKey> selector)
    {
        ArgumentNullException.ThrowIfNull(selector);
        return new KeyedStream<TKey, T>(Env, _taps, new KeyPartitioning<TKey, T>(selector));
    }

    /// <summary>Groups all records by time, on one subtask: for streams that are small or were aggregated before.</summary>
    /// <param name="windows">Tumbling, sliding, session or global windows, or some of your own.</param>
    public AllWindowedStream<T> WindowAll(WindowAssigner windows) => new(KeyBy(static _ => (byte)0).Window(windows));

    /// <summary>Merges with streams of the same type; the order between them is open.</summary>
    /// <param name="others">The other streams.</param>
    public DataStream<T> Union(params ReadOnlySpan<DataStream<T>> others)
    {
        List<(StreamNode Node, OutputTag? Tag)> taps = [.. _taps];
        foreach (DataStream<T> other in others)
        {
            if (other._partitioning != _partitioning)
            {
                throw new JobDefinitionException(
                    $"Union of {this} and {other}, which are partitioned differently. Call Rebalance, Rescale, Broadcast or KeyBy once, after Union.");
            }

            taps.AddRange(other._taps);
        }

        return new DataStream<T>(Env, taps, _partitioning);
    }

    /// <summary>Connects with a stream of another type, for a function that sees both.</summary>
    /// <typeparam name="T2">The type of the other stream's records.</typeparam>
    /// <param name="other">The other stream.</param>
    public ConnectedStreams<T, T2> Connect<T2>(DataStream<T2> other) => new(this, other);

    /// <summary>Connects with a stream whose records every subtask gets, for a function that keeps them in broadcast state: rules that change while the job runs.</summary>
    /// <typeparam name="TBroadcast">The type of the other stream's records.</typeparam>
    /// <param name="broadcast">The other stream.</param>
    public BroadcastConnectedStreams<T, TBroadcast> ConnectBroadcast<TBroadcast>(DataStream<TBroadcast> broadcast)
    {
        ArgumentNullException.ThrowIfNull(broadcast);
        return new BroadcastConnectedStreams<T, TBroadcast>(this, broadcast.Broadcast());
    }

    /// <summary>Joins with another stream: by key, and in windows or by nearness in time.</summary>
    /// <typeparam name="T2">The type of the other stream's records.</typeparam>
    /// <param name="other">The other stream.</param>
    public JoinedStreams<T, T2> Join<T2>(DataStream<T2> other)
    {
        ArgumentNullException.ThrowIfNull(other);
        return new JoinedStreams<T, T2>(this, other);
    }

    /// <summary>Spreads records over all subtasks of the next operator, in turn.</summary>
    public DataStream<T> Rebalance() => new(Env, _taps, Partitioning.Rebalance);

    /// <summary>Spreads records in turn over a share of the next operator's subtasks, so that fewer channels are needed.</summary>
    public DataStream<T> Rescale() => new(Env, _taps, Partitioning.Rescale);

    /// <summary>Sends every record to every subtask of the next operator.</summary>
    public DataStream<T> Broadcast() => new(Env, _taps, Partitioning.Broadcast);

    /// <summary>Ends the stream in a sink.</summary>
    /// <param name="sink">Where the records go.</param>
    public SinkStream SinkTo(ISink<T> sink)
    {
        ArgumentNullException.ThrowIfNull(sink);
        return new SinkStream(Env.Append(id => new SinkNode<T>(sink) { Id = id, Name = sink.Description }, Edges(0)));
    }

    /// <summary>The operators that the stream comes from, and how its records are spread; for messages.</summary>
    public override string ToString() => $"the stream of {string.Join(" and ", _taps.Select(tap => tap.Tag is null ? $"{tap.Node}" : $"{tap.Node} ({tap.Tag.Name})"))} ({_partitioning.Kind.ToString().ToLowerInvariant()})";

    internal IEnumerable<StreamEdge> Edges(int input)
    {
        foreach ((StreamNode node, OutputTag? tag) in _taps)
        {
            yield return new StreamEdge<T>(node, tag, _partitioning, input);
        }
    }

    private protected OperatorStream<TOut> Then<TOut>(Func<int, StreamNode> create) => Env.Add<TOut>(create, Edges(0));
}
