using System.Collections.Concurrent;

namespace OrleansStream.Hosting.Workers;

/// <summary>
/// Threads for work that may block: opening, closing, commits, storage. Apart from the thread pool, whose few threads would make such work wait for each other. Threads come as they are needed, up to a limit, and
/// go when they have been idle.
/// </summary>
internal sealed class BackgroundThreads(int limit, Action<Exception> onError)
{
    private static readonly TimeSpan s_idleTimeout = TimeSpan.FromSeconds(10);
    private readonly BlockingCollection<Action> _work = [];
    private int _threads;

    // Threads less the work that waits or runs: each piece of work has a thread of its own as long as the limit allows, so that none waits behind another one, which may block for long.
    private int _free;

    public void Submit(Action work)
    {
        int free = Interlocked.Decrement(ref _free);
        _work.Add(work);
        if (free >= 0)
        {
            return;
        }

        if (Interlocked.Increment(ref _threads) > limit)
        {
            Interlocked.Decrement(ref _threads);
            return;
        }

        Interlocked.Increment(ref _free);
        new Thread(Loop) { IsBackground = true, Name = "ostream background" }.Start();
    }

    private void Loop()
    {
        LowPriority.Enter();
        while (true)
        {
            if (!_work.TryTake(out Action? work, s_idleTimeout))
            {
                if (TryRetire())
                {
                    Interlocked.Decrement(ref _threads);
                    return;
                }

                continue;
            }

            try
            {
                work();
            }
#pragma warning disable CA1031 // A bug in one piece of work must not end the process.
            catch (Exception e)
#pragma warning restore CA1031
            {
                onError(e);
            }

            Interlocked.Increment(ref _free);
        }
    }

    // Not while work has been promised a thread.
    private bool TryRetire()
    {
        while (true)
        {
            int free = Volatile.Read(ref _free);
            if (free <= 0)
            {
                return false;
            }

            if (Interlocked.CompareExchange(ref _free, free - 1, free) == free)
            {
                return true;
            }
        }
    }
}
