namespace OrleansStream;

/// <summary>A function over single records, with side outputs and operator state.</summary>
/// <typeparam name="TIn">The type of the records that come.</typeparam>
/// <typeparam name="TOut">The type of the records that are emitted.</typeparam>
public abstract class ProcessFunction<TIn, TOut> : StreamFunction
{
    /// <summary>Called for each record, on the subtask's thread; must not block.</summary>
    /// <param name="value">The record.</param>
    /// <param name="context">Its timestamp, the watermark, side outputs.</param>
    /// <param name="output">Takes any number of results.</param>
    public abstract void Process(in TIn value, FunctionContext context, Output<TOut> output);
}
