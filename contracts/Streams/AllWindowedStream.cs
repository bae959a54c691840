namespace OrleansStream;

/// <summary>All records of a stream, grouped into windows of time on one subtask.</summary>
/// <typeparam name="T">The type of the records.</typeparam>
public sealed class AllWindowedStream<T>
{
    private readonly WindowedStream<byte, T> _windows;

    internal AllWindowedStream(WindowedStream<byte, T> windows)
    {
        _windows = windows;
    }

    /// <inheritdoc cref="WindowedStream{TKey, T}.AllowLateness"/>
    public AllWindowedStream<T> AllowLateness(TimeSpan lateness) => new(_windows.AllowLateness(lateness));

    /// <inheritdoc cref="WindowedStream{TKey, T}.SideOutputLate"/>
    public AllWindowedStream<T> SideOutputLate(OutputTag<T> tag) => new(_windows.SideOutputLate(tag));

    /// <inheritdoc cref="WindowedStream{TKey, T}.Trigger"/>
    public AllWindowedStream<T> Trigger(Trigger trigger) => new(_windows.Trigger(trigger));

    /// <inheritdoc cref="WindowedStream{TKey, T}.Evict"/>
    public AllWindowedStream<T> Evict(Evictor<T> evictor) => new(_windows.Evict(evictor));

    /// <inheritdoc cref="WindowedStream{TKey, T}.Discarding"/>
    public AllWindowedStream<T> Discarding() => new(_windows.Discarding());

    /// <inheritdoc cref="WindowedStream{TKey, T}.CombineLocally"/>
    public AllWindowedStream<T> CombineLocally(CombineOptions? options = null) => new(_windows.CombineLocally(options));

    /// <summary>Aggregates each window; a result has the window's last millisecond as timestamp.</summary>
    /// <typeparam name="TAcc">The type of the accumulator.</typeparam>
    /// <typeparam name="TOut">The type of the aggregate's result.</typeparam>
    /// <typeparam name="TResult">The type of the records that are emitted.</typeparam>
    /// <param name="aggregate">The aggregate, best a struct.</param>
    /// <param name="result">Makes a record of a window and its result.</param>
    public OperatorStream<TResult> Aggregate<TAcc, TOut, TResult>(IAggregate<T, TAcc, TOut> aggregate, Func<TimeWindow, TOut, TResult> result)
    {
        ArgumentNullException.ThrowIfNull(result);
        return _windows.Aggregate(aggregate, (window, _, value) => result(window, value)).WithParallelism(1);
    }

    /// <summary>Reduces each window to one record.</summary>
    /// <param name="reduce">Combines what is there (first) with a later record (second); must change neither.</param>
    public OperatorStream<T> Reduce(Func<T, T, T> reduce) => _windows.Reduce(reduce).WithParallelism(1);

    /// <summary>Hands all records of a window to a function when it fires; the key that it sees means nothing.</summary>
    /// <typeparam name="TResult">The type of the records that are emitted.</typeparam>
    /// <param name="function">The function.</param>
    public OperatorStream<TResult> Process<TResult>(WindowFunction<byte, T, TResult> function) => _windows.Process(function).WithParallelism(1);
}
