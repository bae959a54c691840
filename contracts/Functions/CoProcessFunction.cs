namespace OrleansStream;

/// <summary>A function over two connected streams of different types.</summary>
/// <typeparam name="T1">The type of the first stream's records.</typeparam>
/// <typeparam name="T2">The type of the second stream's records.</typeparam>
/// <typeparam name="TOut">The type of the records that are emitted.</typeparam>
public abstract class CoProcessFunction<T1, T2, TOut> : StreamFunction
{
    /// <summary>Called for each record of the first stream; the order between the streams is open.</summary>
    /// <param name="value">The record.</param>
    /// <param name="context">Its timestamp, the watermark (the smaller one of both inputs), side outputs.</param>
    /// <param name="output">Takes any number of results.</param>
    public abstract void Process1(in T1 value, FunctionContext context, Output<TOut> output);

    /// <summary>Called for each record of the second stream.</summary>
    /// <inheritdoc cref="Process1"/>
    public abstract void Process2(in T2 value, FunctionContext context, Output<TOut> output);
}
