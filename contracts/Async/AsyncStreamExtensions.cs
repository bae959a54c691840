using OrleansStream.Graph;

namespace OrleansStream;

/// <summary>Operators whose calls may be awaited.</summary>
public static class AsyncStreamExtensions
{
    /// <summary>Makes one record of each by a call that may be awaited.</summary>
    /// <typeparam name="TIn">The type of the records that come.</typeparam>
    /// <typeparam name="TOut">The type of the results.</typeparam>
    /// <param name="stream">The stream.</param>
    /// <param name="map">Called on the host's pool threads, several calls at a time; see <see cref="AsyncFunction{TIn, TOut}.ProcessAsync"/>.</param>
    /// <param name="options">Capacity, order, timeout, retries; the defaults if null.</param>
    public static OperatorStream<TOut> MapAsync<TIn, TOut>(this DataStream<TIn> stream, Func<TIn, CancellationToken, ValueTask<TOut>> map, AsyncOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(map);
        return Add(stream, new AsyncMapFunction<TIn, TOut>(map), "map-async", options);
    }

    /// <summary>Makes any number of records of each by a call that may be awaited.</summary>
    /// <typeparam name="TIn">The type of the records that come.</typeparam>
    /// <typeparam name="TOut">The type of the results.</typeparam>
    /// <param name="stream">The stream.</param>
    /// <param name="action">Called on the host's pool threads, several calls at a time; see <see cref="AsyncFunction{TIn, TOut}.ProcessAsync"/>.</param>
    /// <param name="options">Capacity, order, timeout, retries; the defaults if null.</param>
    public static OperatorStream<TOut> FlatMapAsync<TIn, TOut>(this DataStream<TIn> stream, AsyncFlatMap<TIn, TOut> action, AsyncOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(action);
        return Add(stream, new AsyncFlatMapFunction<TIn, TOut>(action), "flat-map-async", options);
    }

    /// <summary>Applies a function whose calls may be awaited, with a life of its own: connections, an answer for timeouts.</summary>
    /// <typeparam name="TIn">The type of the records that come.</typeparam>
    /// <typeparam name="TOut">The type of the results.</typeparam>
    /// <param name="stream">The stream.</param>
    /// <param name="function">The function; one object per subtask.</param>
    /// <param name="options">Capacity, order, timeout, retries; the defaults if null.</param>
    public static OperatorStream<TOut> ProcessAsync<TIn, TOut>(this DataStream<TIn> stream, AsyncFunction<TIn, TOut> function, AsyncOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(function);
        return Add(stream, function, function.GetType().Name, options);
    }

    private static OperatorStream<TOut> Add<TIn, TOut>(DataStream<TIn> stream, AsyncFunction<TIn, TOut> function, string name, AsyncOptions? options)
    {
        ArgumentNullException.ThrowIfNull(stream);
        options ??= new AsyncOptions();
        options.Validate();
        return stream.Env.Add<TOut>(
            id => new AsyncNode<TIn, TOut>(function, options)
            {
                Id = id,
                Name = name,
                // Whoever would send in the same tasklet would wait with its watermarks and barriers while the capacity is used up.
                StartsChain = true,
            },
            stream.Edges(0));
    }
}
