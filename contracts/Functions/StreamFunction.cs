namespace OrleansStream;

/// <summary>
/// The base of all function classes. One object belongs to one subtask (of <see cref="KeyGrain{TKey, TIn, TOut}"/>: to one key, and its calls run elsewhere); every call but <see cref="OpenAsync"/> and <see cref="CloseAsync"/> comes on the
/// thread that runs the subtask at that moment, never two at a time, so that no lock is needed. Nothing of the object is saved: what must survive a
/// failure is declared as state in <see cref="Open"/>.
/// </summary>
public abstract class StreamFunction
{
    /// <summary>
    /// Called once before the first record, after the state was restored. Declares state and looks up services. It must not block: see <see cref="OpenAsync"/>.
    /// </summary>
    /// <param name="context">State, services, the place of this subtask.</param>
    public virtual void Open(OpenContext context)
    {
    }

    /// <summary>Called once before <see cref="Open"/>, on a thread of the host's I/O pool: for connections and the like. The subtask starts when it has ended.</summary>
    /// <param name="context">Services and the place of this subtask; state cannot be declared here.</param>
    /// <param name="cancel">Cancelled when the attempt ends meanwhile.</param>
    public virtual ValueTask OpenAsync(OpenContext context, CancellationToken cancel) => ValueTask.CompletedTask;

    /// <summary>Called once when the subtask has ended, failed or been cancelled, on a thread of the host's I/O pool, if <see cref="OpenAsync"/> was called.</summary>
    public virtual ValueTask CloseAsync() => ValueTask.CompletedTask;
}
