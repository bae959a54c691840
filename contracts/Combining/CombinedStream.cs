using OrleansStream.Combining;
using OrleansStream.Graph;

namespace OrleansStream;

/// <summary>
/// A keyed stream whose records are combined in the subtasks that send them, so that of a hot key not every record crosses the exchange. Results are those of the keyed stream, but of the running results of a key
/// some are left out: each partial result that arrives emits one, instead of each record.
/// </summary>
/// <typeparam name="TKey">The type of the key.</typeparam>
/// <typeparam name="T">The type of the records.</typeparam>
public sealed class CombinedStream<TKey, T>
{
    private readonly KeyedStream<TKey, T> _stream;
    private readonly CombineOptions _options;

    internal CombinedStream(KeyedStream<TKey, T> stream, CombineOptions options)
    {
        _stream = stream;
        _options = options;
    }

    /// <summary>Combines the records of a key; emits what they have been combined to so far, with the timestamp of the last of them.</summary>
    /// <param name="reduce">Combines what is there (first) with a new record, or with what later records were combined to (second); must change neither, and it must not matter how the records are grouped.</param>
    public OperatorStream<T> Reduce(Func<T, T, T> reduce)
    {
        ArgumentNullException.ThrowIfNull(reduce);
        return Aggregate(new ReduceAggregate<T>(reduce), static (_, value) => value);
    }

    /// <summary>Aggregates the records of a key; emits the result so far, with the timestamp of the last record.</summary>
    /// <typeparam name="TAcc">The type of the accumulator.</typeparam>
    /// <typeparam name="TOut">The type of the aggregate's result.</typeparam>
    /// <typeparam name="TResult">The type of the records that are emitted.</typeparam>
    /// <param name="aggregate">The aggregate, best a struct, with <see cref="IAggregate{TIn, TAcc, TOut}.Merge"/>.</param>
    /// <param name="result">Makes a record of a key and its result.</param>
    /// <exception cref="JobDefinitionException">The aggregate has no Merge.</exception>
    public OperatorStream<TResult> Aggregate<TAcc, TOut, TResult>(IAggregate<T, TAcc, TOut> aggregate, Func<TKey, TOut, TResult> result)
    {
        ArgumentNullException.ThrowIfNull(aggregate);
        ArgumentNullException.ThrowIfNull(result);
        return _stream.Combine(null, false, aggregate, _options).Aggregate(new MergePartials<TKey, T, TAcc, TOut>(aggregate), result);
    }
}
