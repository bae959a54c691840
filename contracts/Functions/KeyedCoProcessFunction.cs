namespace OrleansStream;

/// <summary>A function over two streams connected by key: both share the key's state and timers.</summary>
/// <typeparam name="TKey">The type of the key.</typeparam>
/// <typeparam name="T1">The type of the first stream's records.</typeparam>
/// <typeparam name="T2">The type of the second stream's records.</typeparam>
/// <typeparam name="TOut">The type of the records that are emitted.</typeparam>
public abstract class KeyedCoProcessFunction<TKey, T1, T2, TOut> : StreamFunction
{
    /// <summary>Called for each record of the first stream; the order between the streams is open.</summary>
    /// <param name="value">The record.</param>
    /// <param name="context">Its key and timestamp, the watermark (the smaller one of both inputs), timers, side outputs.</param>
    /// <param name="output">Takes any number of results.</param>
    public abstract void Process1(in T1 value, KeyedContext<TKey> context, Output<TOut> output);

    /// <summary>Called for each record of the second stream.</summary>
    /// <inheritdoc cref="Process1"/>
    public abstract void Process2(in T2 value, KeyedContext<TKey> context, Output<TOut> output);

    /// <inheritdoc cref="KeyedProcessFunction{TKey, TIn, TOut}.OnTimer"/>
    public virtual void OnTimer(in FiredTimer timer, KeyedContext<TKey> context, Output<TOut> output)
    {
    }
}
