using OrleansStream.State;

namespace OrleansStream;

/// <summary>What a window function learns and declares when it is opened. Valid during the call only.</summary>
public abstract class WindowOpenContext : OpenContext
{
    /// <summary>
    /// Declares state per key and window, which is dropped with the window; <see cref="OpenContext.State"/> is state per key, shared by its windows and kept. Merging windows (sessions) have none,
    /// since nothing says how two would become one.
    /// </summary>
    public abstract IStateStore WindowState { get; }
}
