namespace OrleansStream;

/// <summary>
/// A function over a keyed stream and a broadcast one, whose records every subtask gets: rules that change while the job runs. What they mean for the keyed stream is kept in broadcast state
/// (<see cref="State.IStateStore.Broadcast"/>), which only <see cref="ProcessBroadcast"/> may change. Called on the subtask's thread.
/// </summary>
/// <typeparam name="TKey">The type of the key.</typeparam>
/// <typeparam name="T">The type of the keyed stream's records.</typeparam>
/// <typeparam name="TBroadcast">The type of the broadcast stream's records.</typeparam>
/// <typeparam name="TOut">The type of the results.</typeparam>
public abstract class KeyedBroadcastFunction<TKey, T, TBroadcast, TOut> : StreamFunction
{
    /// <summary>Processes a record of the keyed stream.</summary>
    /// <param name="value">The record.</param>
    /// <param name="context">Key, time, timers, side outputs.</param>
    /// <param name="output">Takes results.</param>
    public abstract void Process(in T value, KeyedContext<TKey> context, Output<TOut> output);

    /// <summary>Processes a broadcast record, in every subtask. There is no key: keyed state and timers must not be touched.</summary>
    /// <param name="value">The record.</param>
    /// <param name="context">Time, side outputs.</param>
    /// <param name="output">Takes results; each subtask emits its own.</param>
    public abstract void ProcessBroadcast(in TBroadcast value, FunctionContext context, Output<TOut> output);

    /// <summary>A timer fires.</summary>
    /// <param name="timer">Which one.</param>
    /// <param name="context">The timer's key, time, timers, side outputs.</param>
    /// <param name="output">Takes results.</param>
    public virtual void OnTimer(in FiredTimer timer, KeyedContext<TKey> context, Output<TOut> output)
    {
    }
}
