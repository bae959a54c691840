namespace OrleansStream.Engine;

/// <summary>
/// All that the engine asks of the world: time, background work, who runs what, a log. A host is a loop that calls <see cref="Runnable.Run"/>. Two exist: worker threads, and one
/// seeded thread with virtual time.
/// </summary>
public interface IEngineHost
{
    /// <summary>The processing-time clock: milliseconds since the Unix epoch. Any thread.</summary>
    long NowMs { get; }

    /// <summary>A clock that never goes back, in nanoseconds from any start: for measuring. Any thread.</summary>
    long MonotonicNs { get; }

    /// <summary>The processor time of the calling thread in nanoseconds; <see cref="MonotonicNs"/> where that is not known.</summary>
    long ThreadCpuNs { get; }

    /// <summary>The services that functions, sources and sinks see.</summary>
    IServiceProvider Services { get; }

    /// <summary>Begins to drive a runnable, until it says <see cref="Progress.Done"/>. Any thread.</summary>
    /// <param name="runnable">What to drive.</param>
    /// <param name="affinity">Runnables with equal numbers are best driven by one thread; −1 for control work that must not wait behind data.</param>
    void Start(Runnable runnable, int affinity);

    /// <summary>Makes sure that a runnable is called soon, although it was idle or blocked. Cheap; any thread.</summary>
    /// <param name="runnable">What to call.</param>
    void Wake(Runnable runnable);

    /// <summary>Runs work that may block, soon and away from the threads that drive runnables. Any thread. The work must not throw.</summary>
    /// <param name="work">The work.</param>
    void Submit(Action work);

    /// <summary>Waits for asynchronous user code. Called inside of submitted work only, so that it may block.</summary>
    /// <param name="code">The user's code.</param>
    void Await(Func<CancellationToken, ValueTask> code);

    /// <summary>Begins a call of asynchronous user code, soon and away from the threads that drive runnables, and returns at once. Any thread.</summary>
    /// <param name="call">The call; <see cref="UserCall.Ended"/> is called once when it has ended. It may be begun again then.</param>
    void Begin(UserCall call);

    /// <summary>Asks the code of a call that was begun to end, without waiting for it; what the code has left to be run by that runs away from the threads that drive runnables. Any thread.</summary>
    /// <param name="call">The call; one that has ended meanwhile is left alone. It is not begun again.</param>
    void Cancel(UserCall call);

    /// <summary>A number from 0 to 1, exclusive, for jitter; seeded in tests.</summary>
    double NextRandom();

    /// <summary>128 random bits as 32 hexadecimal digits; seeded in tests.</summary>
    string NewIncarnation();

    /// <summary>Notes an event for people. Any thread.</summary>
    /// <param name="level">How important it is.</param>
    /// <param name="message">What happened.</param>
    /// <param name="error">The error, if one did.</param>
    void Log(EngineLogLevel level, string message, Exception? error = null);
}

/// <summary>How important a log line is.</summary>
public enum EngineLogLevel
{
    /// <summary>For a developer of the engine.</summary>
    Debug,

    /// <summary>The normal course of things.</summary>
    Information,

    /// <summary>Something that somebody should know; the job goes on.</summary>
    Warning,

    /// <summary>An attempt or the job failed.</summary>
    Error,
}
