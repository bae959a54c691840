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
    private int _idle;

    public void Submit(Action work)
    {
        _work.Add(work);
        // One idle thread does for one piece of work: a second one must not wait behind the first, which may block for long.
        if (_work.Count <= Volatile.Read(ref _idle))
        {
            return;
        }

        if (Interlocked.Increment(ref _threads) > limit)
        {
            Interlocked.Decrement(ref _threads);
            return;
        }

        new Thread(Loop) { IsBackground = true, Name = "ostream background" }.Start();
    }

    private void Loop()
    {
        while (true)
        {
            Interlocked.Increment(ref _idle);
            bool taken = _work.TryTake(out Action? work, s_idleTimeout);
            Interlocked.Decrement(ref _idle);
            if (!taken)
            {
                Interlocked.Decrement(ref _threads);
                // Work that was added meanwhile, in the belief that this thread is idle, must not be left behind.
                if (_work.Count > 0 && Interlocked.Increment(ref _threads) <= limit)
                {
                    continue;
                }

                return;
            }

            try
            {
                work!();
            }
#pragma warning disable CA1031 // A bug in one piece of work must not end the process.
            catch (Exception e)
#pragma warning restore CA1031
            {
                onError(e);
            }
        }
    }
}
