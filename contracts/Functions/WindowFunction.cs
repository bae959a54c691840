namespace OrleansStream;

/// <summary>A function over the contents of a window, called whenever the window fires.</summary>
/// <typeparam name="TKey">The type of the key.</typeparam>
/// <typeparam name="TIn">The type of the window's records, or of the aggregate's result.</typeparam>
/// <typeparam name="TOut">The type of the records that are emitted.</typeparam>
public abstract class WindowFunction<TKey, TIn, TOut> : StreamFunction
{
    /// <inheritdoc/>
    public sealed override void Open(OpenContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        Open((WindowOpenContext)context);
    }

    /// <summary>Called once before the first window fires, after the state was restored. Declares state.</summary>
    /// <param name="context">State, services, the place of this subtask.</param>
    public virtual void Open(WindowOpenContext context)
    {
    }

    /// <summary>Called for each firing, on the subtask's thread; must not block.</summary>
    /// <param name="context">The window, its key, the watermark, side outputs.</param>
    /// <param name="records">The contents in the order in which they came (of sessions that merged: session by session), or the one result of the aggregate. Valid during the call only.</param>
    /// <param name="output">Takes any number of results, with the last millisecond of the window as timestamp.</param>
    public abstract void Process(WindowContext<TKey> context, IReadOnlyList<TIn> records, Output<TOut> output);
}
