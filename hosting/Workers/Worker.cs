using System.Collections.Concurrent;
using System.Diagnostics;
using OrleansStream.Engine;

namespace OrleansStream.Hosting.Workers;

/// <summary>A thread that runs its runnables round robin. When none makes progress it looks again for a short time, then sleeps until one is woken or wants to be called.</summary>
internal sealed class Worker
{
    private const int SpinRounds = 40;
    private const long LongestSleepMs = 1000;

    private readonly WorkerHost _host;
    private readonly bool _spins;
    private readonly bool _isForOne;
    private readonly ConcurrentQueue<Runnable> _added = new();
    private readonly List<Runnable> _runnables = [];
    private readonly AutoResetEvent _wakeup = new(false);
    private readonly Thread _thread;
    private int _woken;
    private int _sleeping;
    private Runnable? _current;
    private long _currentSince;
    private volatile bool _stop;
    private volatile Runnable? _toIsolate;

    /// <summary>Starts a worker.</summary>
    /// <param name="host">The host that it works for.</param>
    /// <param name="name">The thread's name.</param>
    /// <param name="spins">Whether it looks again for a short time before it sleeps.</param>
    /// <param name="isForOne">Whether it ends with its one runnable.</param>
    public Worker(WorkerHost host, string name, bool spins, bool isForOne = false)
    {
        _host = host;
        _spins = spins;
        _isForOne = isForOne;
        _thread = new Thread(Loop) { IsBackground = true, Name = name };
        _thread.Start();
    }

    public void Add(Runnable runnable)
    {
        runnable.HostTag = this;
        _added.Enqueue(runnable);
        Wake();
    }

    public void Wake()
    {
        Volatile.Write(ref _woken, 1);
        Interlocked.MemoryBarrier();
        if (Volatile.Read(ref _sleeping) == 1 && Interlocked.Exchange(ref _sleeping, 0) == 1)
        {
            _wakeup.Set();
        }
    }

    public void Stop()
    {
        _stop = true;
        Wake();
    }

    public void Join() => _thread.Join();

    /// <summary>Whether it has ended.</summary>
    public bool HasEnded => !_thread.IsAlive;

    /// <summary>Gives a runnable to a thread of its own as soon as its call has returned, if the worker is still running it then. Any thread.</summary>
    public void Isolate(Runnable slow) => _toIsolate = slow;

    /// <summary>What the worker is running and for how long; null if that is less than a time. Any thread.</summary>
    public Runnable? Overdue(TimeSpan time, out TimeSpan since)
    {
        Runnable? current = Volatile.Read(ref _current);
        since = Stopwatch.GetElapsedTime(Volatile.Read(ref _currentSince));
        return since > time ? current : null;
    }

    private void Loop()
    {
        int idleRounds = 0;
        while (!_stop)
        {
            Volatile.Write(ref _woken, 0);
            Interlocked.MemoryBarrier();
            while (_added.TryDequeue(out Runnable? added))
            {
                _runnables.Add(added);
            }

            bool any = RunAll(out long nextMs, out bool hasEnded);
            if (hasEnded && _isForOne)
            {
                return;
            }

            if (any)
            {
                idleRounds = 0;
                continue;
            }

            if (_spins && ++idleRounds < SpinRounds)
            {
                // The other core may be about to hand something over; on a shared core somebody else may run.
                if (idleRounds < SpinRounds / 2)
                {
                    Thread.SpinWait(30);
                }
                else
                {
                    Thread.Yield();
                }

                continue;
            }

            idleRounds = 0;
            Sleep(nextMs);
        }
    }

    private bool RunAll(out long nextMs, out bool hasEnded)
    {
        bool any = false;
        hasEnded = false;
        nextMs = long.MaxValue;
        for (int i = 0; i < _runnables.Count; i++)
        {
            Runnable runnable = _runnables[i];
            long began = Stopwatch.GetTimestamp();
            Volatile.Write(ref _currentSince, began);
            Volatile.Write(ref _current, runnable);
            Progress progress = runnable.Run();
            Volatile.Write(ref _current, null);
            runnable.Account(WorkerHost.ToNs(began), WorkerHost.ToNs(Stopwatch.GetTimestamp()), progress);
            if (progress == Progress.Done)
            {
                Interlocked.CompareExchange(ref _toIsolate, null, runnable);
                _runnables.RemoveAt(i--);
                hasEnded = true;
                continue;
            }

            any |= progress == Progress.Made;
            if (ReferenceEquals(_toIsolate, runnable))
            {
                _toIsolate = null;
                _runnables.RemoveAt(i--);
                _host.GiveOwnThread(runnable);
                continue;
            }

            nextMs = Math.Min(nextMs, runnable.NextWakeMs);
        }

        return any;
    }

    private void Sleep(long nextMs)
    {
        long wait = nextMs == long.MaxValue ? LongestSleepMs : Math.Clamp(nextMs - _host.NowMs, 0, LongestSleepMs);
        if (wait == 0)
        {
            return;
        }

        // First say that we sleep, then look: whoever wakes us after our look sees that we sleep.
        Interlocked.Exchange(ref _sleeping, 1);
        if (Volatile.Read(ref _woken) == 0)
        {
            _wakeup.WaitOne((int)wait);
        }

        Interlocked.Exchange(ref _sleeping, 0);
    }
}
