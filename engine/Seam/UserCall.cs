namespace OrleansStream.Engine;

/// <summary>A call of asynchronous user code. The engine begins it with <see cref="IEngineHost.Begin"/>, the host runs it and says when it has ended.</summary>
public abstract class UserCall
{
    /// <summary>The host's own note about this call. The engine does not touch it.</summary>
    public object? HostTag { get; set; }

    /// <summary>Runs the user's code up to its first wait. Called by the host, once for each time that the call is begun.</summary>
    /// <param name="cancel">Cancelled by <see cref="IEngineHost.Cancel"/>.</param>
    /// <returns>Ends when the code has.</returns>
    public abstract ValueTask Invoke(CancellationToken cancel);

    /// <summary>The code has ended. Called by the host on any thread, once for each time that the call is begun; after <see cref="IEngineHost.Cancel"/> perhaps not at all.</summary>
    /// <param name="error">What it threw; null if it did not.</param>
    public abstract void Ended(Exception? error);
}
