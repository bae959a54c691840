namespace OrleansStream;

/// <summary>
/// A key that is an actor: one object per active key, which is called with the records, timers and messages of its key, one call at a time; calls of different keys run at the same time on the host's pool threads, and may be
/// awaited. Only declared state is saved; the object itself is thrown away when it has been idle and room is needed, and when an attempt ends. Watermarks, timers and checkpoints wait for the calls before them.
/// <see cref="StreamFunction.OpenAsync"/> and <see cref="StreamFunction.Open"/> are called once for each object, the latter before the key is known; one object is opened ahead when the subtask starts.
/// Calls to foreign services are at least once: after a failure the records since the last checkpoint come again.
/// </summary>
/// <typeparam name="TKey">The type of the key.</typeparam>
/// <typeparam name="TIn">The type of the records that come.</typeparam>
/// <typeparam name="TOut">The type of the records that are emitted.</typeparam>
public abstract class KeyGrain<TKey, TIn, TOut> : StreamFunction
{
    /// <summary>The key and its timers, the watermark, the clock, side outputs. Inside of calls only; what is registered or emitted counts when the call has ended.</summary>
    /// <exception cref="InvalidOperationException">No call is under way.</exception>
    protected KeyedContext<TKey> Context => CallContext
        ?? throw new InvalidOperationException($"{GetType().Name} uses its context outside of a call. The key is known in ProcessAsync, OnTimerAsync and OnTellAsync, not in Open or the constructor.");

    /// <summary>The key. Inside of calls only.</summary>
    protected TKey Key => Context.Key;

    internal KeyedContext<TKey>? CallContext { get; set; }

    /// <summary>Called with the records of the key that have come since the last call, at least one, in their order.</summary>
    /// <param name="batch">The records; good until the call ends. Reading one makes its timestamp that of the context, and of what is emitted without a timestamp.</param>
    /// <param name="output">Takes any number of results, which leave when the call has ended.</param>
    /// <param name="cancel">Cancelled when the attempt ends. A call longer than <c>keyed.call-timeout</c> fails the attempt.</param>
    public abstract ValueTask ProcessAsync(IReadOnlyList<TIn> batch, Output<TOut> output, CancellationToken cancel);

    /// <summary>Called for each timer of the key that has come due.</summary>
    /// <param name="timer">The timer.</param>
    /// <param name="output">Takes any number of results, with the timer's time as timestamp for event-time timers, else with none.</param>
    /// <param name="cancel">Cancelled when the attempt ends.</param>
    public virtual ValueTask OnTimerAsync(FiredTimer timer, Output<TOut> output, CancellationToken cancel) => ValueTask.CompletedTask;

    /// <summary>Called with a message from outside, of a type that <see cref="GrainStream{TOut}.Accepts"/> declares.</summary>
    /// <param name="message">The message.</param>
    /// <param name="output">Takes any number of results, without a timestamp unless one is given.</param>
    /// <param name="cancel">Cancelled when the attempt ends.</param>
    public virtual ValueTask OnTellAsync(object message, Output<TOut> output, CancellationToken cancel) =>
        throw new NotSupportedException($"{GetType().Name} accepts {message?.GetType().Name} but does not override OnTellAsync.");
}
