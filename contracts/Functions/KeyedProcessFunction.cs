namespace OrleansStream;

/// <summary>A function over the records of one key at a time, with keyed state and timers.</summary>
/// <typeparam name="TKey">The type of the key.</typeparam>
/// <typeparam name="TIn">The type of the records that come.</typeparam>
/// <typeparam name="TOut">The type of the records that are emitted.</typeparam>
public abstract class KeyedProcessFunction<TKey, TIn, TOut> : StreamFunction
{
    /// <summary>Called for each record, on the subtask's thread; must not block. State handles are about the record's key.</summary>
    /// <param name="value">The record.</param>
    /// <param name="context">Its key and timestamp, the watermark, timers, side outputs.</param>
    /// <param name="output">Takes any number of results.</param>
    public abstract void Process(in TIn value, KeyedContext<TKey> context, Output<TOut> output);

    /// <summary>Called for each timer that has come due; event-time timers come in order of their time, before the watermark goes on.</summary>
    /// <param name="timer">The timer.</param>
    /// <param name="context">Its key, the watermark (already the new one), timers, side outputs.</param>
    /// <param name="output">Takes any number of results, with the timer's time as timestamp for event-time timers, else with none.</param>
    public virtual void OnTimer(in FiredTimer timer, KeyedContext<TKey> context, Output<TOut> output)
    {
    }
}
