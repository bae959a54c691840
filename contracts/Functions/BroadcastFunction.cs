namespace OrleansStream;

/// <summary>
/// A function over a stream without a key and a broadcast one, whose records every subtask gets. What they mean for the other stream is kept in broadcast state
/// (<see cref="State.IStateStore.Broadcast"/>), which only <see cref="ProcessBroadcast"/> may change. Called on the subtask's thread.
/// </summary>
/// <typeparam name="T">The type of the stream's records.</typeparam>
/// <typeparam name="TBroadcast">The type of the broadcast stream's records.</typeparam>
/// <typeparam name="TOut">The type of the results.</typeparam>
public abstract class BroadcastFunction<T, TBroadcast, TOut> : StreamFunction
{
    /// <summary>Processes a record of the stream.</summary>
    /// <param name="value">The record.</param>
    /// <param name="context">Time, side outputs.</param>
    /// <param name="output">Takes results.</param>
    public abstract void Process(in T value, FunctionContext context, Output<TOut> output);

    /// <summary>Processes a broadcast record, in every subtask.</summary>
    /// <param name="value">The record.</param>
    /// <param name="context">Time, side outputs.</param>
    /// <param name="output">Takes results; each subtask emits its own.</param>
    public abstract void ProcessBroadcast(in TBroadcast value, FunctionContext context, Output<TOut> output);
}
