namespace OrleansStream;

/// <summary>
/// A function whose calls may be awaited: look-ups in a database or service. Several calls of one object are under way at a time, up to <see cref="AsyncOptions.Capacity"/>, on the host's pool threads: what they
/// share must be safe for that. It has no state; keep that in a keyed function before or after it, or use <c>ProcessGrain</c>. Effects on the outside are at least once: records in flight are part of a checkpoint and
/// are called again after a restore, whether or not their calls had ended.
/// </summary>
/// <typeparam name="TIn">The type of the records that come.</typeparam>
/// <typeparam name="TOut">The type of the results.</typeparam>
public abstract class AsyncFunction<TIn, TOut> : StreamFunction
{
    /// <summary>Called for each record, again if it failed and is to be repeated. An exception fails the attempt unless <see cref="AsyncOptions.Retry"/> repeats the call.</summary>
    /// <param name="value">The record.</param>
    /// <param name="output">Takes any number of results of this record, with its timestamp; valid until the call ends. What an attempt that fails has emitted is dropped.</param>
    /// <param name="cancel">Cancelled when the call has timed out or the attempt of the job ends. Nothing waits for a call that does not heed it; its results are dropped.</param>
    public abstract ValueTask ProcessAsync(TIn value, Output<TOut> output, CancellationToken cancel);

    /// <summary>Called on the subtask's thread for a record whose results did not come within <see cref="AsyncOptions.Timeout"/>.</summary>
    /// <param name="value">The record.</param>
    /// <param name="output">Takes what is emitted instead.</param>
    /// <returns>Whether that is the answer. False, the default, fails the attempt with an error that names the record.</returns>
    public virtual bool OnTimeout(in TIn value, Output<TOut> output) => false;
}

/// <summary>Emits the results of a record, once they are known.</summary>
/// <typeparam name="TIn">The type of the records that come.</typeparam>
/// <typeparam name="TOut">The type of the results.</typeparam>
/// <param name="value">The record.</param>
/// <param name="output">Takes any number of results; valid until the call ends.</param>
/// <param name="cancel">Cancelled when the call has timed out or the attempt of the job ends.</param>
public delegate ValueTask AsyncFlatMap<TIn, TOut>(TIn value, Output<TOut> output, CancellationToken cancel);

internal sealed class AsyncMapFunction<TIn, TOut>(Func<TIn, CancellationToken, ValueTask<TOut>> map) : AsyncFunction<TIn, TOut>
{
    public override ValueTask ProcessAsync(TIn value, Output<TOut> output, CancellationToken cancel)
    {
        ValueTask<TOut> result = map(value, cancel);
        if (!result.IsCompletedSuccessfully)
        {
            return new ValueTask(result.AsTask().ContinueWith(
                static (task, output) => ((Output<TOut>)output!).Emit(task.GetAwaiter().GetResult()), output, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default));
        }

        output.Emit(result.Result);
        return ValueTask.CompletedTask;
    }
}

internal sealed class AsyncFlatMapFunction<TIn, TOut>(AsyncFlatMap<TIn, TOut> action) : AsyncFunction<TIn, TOut>
{
    public override ValueTask ProcessAsync(TIn value, Output<TOut> output, CancellationToken cancel) => action(value, output, cancel);
}
