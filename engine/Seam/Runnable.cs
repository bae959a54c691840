using System.Collections.Concurrent;

namespace OrleansStream.Engine;

/// <summary>
/// Something that a host drives: a tasklet, a job master. One thread at a time calls <see cref="Run"/>, which does a bounded amount of work and never waits. Others reach it by
/// its mailbox only.
/// </summary>
public abstract class Runnable
{
    private readonly ConcurrentQueue<Action> _mail = new();
    private long _busyNs;
    private long _blockedNs;
    private long _idleNs;
    private long _lastEndedNs;
    private Progress _lastProgress;
    private bool _isOver;

    /// <summary>Creates a runnable of a host.</summary>
    /// <param name="host">Wakes it when mail comes.</param>
    /// <param name="name">For messages.</param>
    protected Runnable(IEngineHost host, string name)
    {
        Host = host;
        Name = name;
    }

    /// <summary>For messages and metrics.</summary>
    public string Name { get; }

    /// <summary>What the runnable may ask of the world.</summary>
    public IEngineHost Host { get; }

    /// <summary>Whether the host may give it a thread of its own when it holds its worker for too long.</summary>
    public bool MayHaveOwnThread { get; init; }

    /// <summary>The host's own note about this runnable, such as the worker that runs it. The engine does not touch it.</summary>
    public object? HostTag { get; set; }

    /// <summary>When <see cref="Run"/> wants to be called again although nothing comes in, by the host's clock; <c>long.MaxValue</c> for never.</summary>
    public long NextWakeMs { get; protected set; } = long.MaxValue;

    /// <summary>Time spent in calls of <see cref="Run"/> that made progress. The host keeps it, see <see cref="Account"/>.</summary>
    public long BusyNs => Volatile.Read(ref _busyNs);

    /// <summary>Time during which the output was full.</summary>
    public long BlockedNs => Volatile.Read(ref _blockedNs);

    /// <summary>Time during which there was nothing to do.</summary>
    public long IdleNs => Volatile.Read(ref _idleNs);

    /// <summary>Notes what a call of <see cref="Run"/> did. Called by the host on the thread that drives the runnable.</summary>
    /// <param name="beganNs">When the call began, by <see cref="IEngineHost.MonotonicNs"/>.</param>
    /// <param name="endedNs">When it ended.</param>
    /// <param name="progress">What it said.</param>
    public void Account(long beganNs, long endedNs, Progress progress)
    {
        if (_lastEndedNs != 0)
        {
            if (_lastProgress == Progress.Blocked)
            {
                Volatile.Write(ref _blockedNs, _blockedNs + beganNs - _lastEndedNs);
            }
            else if (_lastProgress == Progress.Idle)
            {
                Volatile.Write(ref _idleNs, _idleNs + beganNs - _lastEndedNs);
            }
        }

        if (progress == Progress.Made)
        {
            Volatile.Write(ref _busyNs, _busyNs + endedNs - beganNs);
        }

        _lastProgress = progress;
        _lastEndedNs = endedNs;
    }

    /// <summary>Says what it is doing, for people who ask why nothing happens. On the thread that drives it, or when nothing does.</summary>
    public virtual string Describe() => "";

    /// <summary>Does a bounded amount of work.</summary>
    public abstract Progress Run();

    /// <summary>Leaves an action for the next <see cref="Run"/>. May be called from any thread.</summary>
    /// <param name="mail">Runs on the thread that drives this runnable.</param>
    public void Post(Action mail)
    {
        _mail.Enqueue(mail);
        Interlocked.MemoryBarrier();
        if (Volatile.Read(ref _isOver))
        {
            TakeMail();
            return;
        }

        Host.Wake(this);
    }

    /// <summary>
    /// Runs work on the host's background threads and afterwards <paramref name="done"/> on the thread that drives this runnable.
    /// </summary>
    /// <typeparam name="TResult">The result of the work.</typeparam>
    /// <param name="work">May block; must not touch this runnable.</param>
    /// <param name="done">Gets the result, or the exception that the work threw.</param>
    public void InBackground<TResult>(Func<TResult> work, Action<TResult?, Exception?> done)
    {
        Host.Submit(() =>
        {
            TResult? result = default;
            Exception? error = null;
            try
            {
                result = work();
            }
            catch (Exception e)
            {
                error = e;
            }

            Post(() => done(result, error));
        });
    }

    /// <summary>Whether mail waits; for hosts, before they let a worker sleep.</summary>
    public bool HasMail => !_mail.IsEmpty;

    /// <summary>
    /// The runnable has ended and <see cref="Run"/> is not called again: what is posted from now on runs at once, on the thread that posts it, so that nobody waits for an answer for ever.
    /// </summary>
    protected void AnswerFromNowOn()
    {
        Volatile.Write(ref _isOver, true);
        Interlocked.MemoryBarrier();
        TakeMail();
    }

    /// <summary>Runs what was posted.</summary>
    /// <returns>Whether there was anything.</returns>
    protected bool TakeMail()
    {
        bool any = false;
        while (_mail.TryDequeue(out Action? mail))
        {
            any = true;
            mail();
        }

        return any;
    }
}
