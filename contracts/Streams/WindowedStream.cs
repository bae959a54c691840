using OrleansStream.Graph;

namespace OrleansStream;

/// <summary>The records of each key, grouped into windows of time.</summary>
/// <typeparam name="TKey">The type of the key.</typeparam>
/// <typeparam name="T">The type of the records.</typeparam>
public sealed class WindowedStream<TKey, T>
{
    private readonly KeyedStream<TKey, T> _stream;
    private readonly AlignedWindows _windows;
    private readonly long _latenessMs;
    private readonly OutputTag<T>? _late;

    internal WindowedStream(KeyedStream<TKey, T> stream, AlignedWindows windows, long latenessMs, OutputTag<T>? late)
    {
        _stream = stream;
        _windows = windows;
        _latenessMs = latenessMs;
        _late = late;
    }

    /// <summary>
    /// Keeps a window for this long after the watermark has passed its end; a record that comes meanwhile fires it again at once, with the updated result.
    /// </summary>
    /// <param name="lateness">Event time; whole milliseconds, not negative. Zero is the default.</param>
    public WindowedStream<TKey, T> AllowLateness(TimeSpan lateness)
    {
        long ms = EventTime.WholeMilliseconds(lateness, "The allowed lateness");
        return ms < 0
            ? throw new JobDefinitionException($"The allowed lateness is {lateness}; it cannot be negative.")
            : new WindowedStream<TKey, T>(_stream, _windows, ms, _late);
    }

    /// <summary>Sends records whose windows are all gone to a side output; without it they are counted and dropped.</summary>
    /// <param name="tag">The side output.</param>
    public WindowedStream<TKey, T> SideOutputLate(OutputTag<T> tag)
    {
        ArgumentNullException.ThrowIfNull(tag);
        return new WindowedStream<TKey, T>(_stream, _windows, _latenessMs, tag);
    }

    /// <summary>Aggregates each window; a result has the window's last millisecond as timestamp.</summary>
    /// <typeparam name="TAcc">The type of the accumulator.</typeparam>
    /// <typeparam name="TOut">The type of the aggregate's result.</typeparam>
    /// <typeparam name="TResult">The type of the records that are emitted.</typeparam>
    /// <param name="aggregate">The aggregate, best a struct; overlapping windows need its <see cref="IAggregate{TIn, TAcc, TOut}.Merge"/>.</param>
    /// <param name="result">Makes a record of a window, its key and its result.</param>
    public OperatorStream<TResult> Aggregate<TAcc, TOut, TResult>(IAggregate<T, TAcc, TOut> aggregate, Func<TimeWindow, TKey, TOut, TResult> result)
    {
        ArgumentNullException.ThrowIfNull(aggregate);
        ArgumentNullException.ThrowIfNull(result);
        return _stream.Append<TResult>(id => new WindowAggregateNode<TKey, T, TAcc, TOut, TResult>(_windows, _latenessMs, _late, aggregate, result) { Id = id });
    }

    /// <summary>Aggregates each window and emits the bare results.</summary>
    /// <typeparam name="TAcc">The type of the accumulator.</typeparam>
    /// <typeparam name="TOut">The type of the results.</typeparam>
    /// <param name="aggregate">The aggregate, best a struct; overlapping windows need its <see cref="IAggregate{TIn, TAcc, TOut}.Merge"/>.</param>
    public OperatorStream<TOut> Aggregate<TAcc, TOut>(IAggregate<T, TAcc, TOut> aggregate) => Aggregate(aggregate, static (_, _, result) => result);
}
