using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Microsoft.Extensions.Logging;
using OrleansStream.Engine;
using OrleansStream.Hosting.Calls;

namespace OrleansStream.Hosting.Workers;

/// <summary>Drives tasklets on worker threads, one per core, and job masters on a thread of their own.</summary>
internal sealed partial class WorkerHost : IEngineHost, IDisposable
{
    private const int BackgroundLimit = 32;
    private static readonly TimeSpan s_slow = TimeSpan.FromMilliseconds(100);

    private readonly Worker[] _workers;
    private readonly Worker _control;
    private readonly BackgroundThreads _background;
    private readonly ILogger _logger;
    private readonly Thread _watchdog;
    private readonly CancellationTokenSource _stopping = new();
    private readonly HashSet<string> _reportedSlow = [];
    private readonly List<Worker> _isolated = [];
    private readonly Lock _isolation = new();
    private bool _isDisposed;

    public WorkerHost(int workers, IServiceProvider services, ILogger logger)
    {
        Services = services;
        _logger = logger;
        _background = new BackgroundThreads(BackgroundLimit, e => LogBackgroundError(_logger, e));
        _workers = [.. Enumerable.Range(0, workers).Select(i => new Worker(this, $"ostream worker {i}", spins: true))];
        _control = new Worker(this, "ostream control", spins: false);

        // Not a timer: the pool's thread that it wakes spins before it sleeps again, which on cores that workers fill lasts until the next time.
        _watchdog = new Thread(Watch) { IsBackground = true, Name = "ostream watchdog" };
        _watchdog.Start();
    }

    public IServiceProvider Services { get; }

    public int Workers => _workers.Length;

    public long NowMs => DateTimeOffset.UtcNow.ToUnixTimeMilliseconds();

    public long MonotonicNs => ToNs(Stopwatch.GetTimestamp());

    public long ThreadCpuNs => ThreadClock.TryGetNs(out long ns) ? ns : MonotonicNs;

    public static long ToNs(long timestamp) =>
        Stopwatch.Frequency == 1_000_000_000 ? timestamp : (long)(timestamp * (1e9 / Stopwatch.Frequency));

    public void Start(Runnable runnable, int affinity) => (affinity < 0 ? _control : _workers[affinity % _workers.Length]).Add(runnable);

    public void Wake(Runnable runnable)
    {
        // A runnable that moves to another worker meanwhile is run there once whatever happens; if that was before what we bring could be seen, its tag shows the new worker after the barrier
        // that is in Wake.
        object? tag = runnable.HostTag;
        if (tag is Worker worker)
        {
            worker.Wake();
            if (!ReferenceEquals(runnable.HostTag, tag))
            {
                ((Worker)runnable.HostTag!).Wake();
            }
        }
    }

    /// <summary>Moves a runnable that holds its worker for too long to a thread of its own. On the thread that drives it.</summary>
    public void GiveOwnThread(Runnable runnable)
    {
        lock (_isolation)
        {
            if (_isDisposed)
            {
                return;
            }

            _isolated.RemoveAll(w => w.HasEnded);
            Worker own = new(this, $"ostream {runnable.Name}", spins: false, isForOne: true);
            _isolated.Add(own);
            own.Add(runnable);
        }

        LogIsolated(_logger, runnable.Name);
    }

    public void Submit(Action work) => _background.Submit(work);

    public void Await(Func<CancellationToken, ValueTask> code) => code(_stopping.Token).AsTask().GetAwaiter().GetResult();

    public void Begin(UserCall call) => PoolCall.Begin(call);

    public void Cancel(UserCall call) => PoolCall.Cancel(call);

    public double NextRandom() => Random.Shared.NextDouble();

    public string NewIncarnation() => Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));

    public void Log(EngineLogLevel level, string message, Exception? error = null)
    {
        LogLevel mapped = level switch
        {
            EngineLogLevel.Debug => LogLevel.Debug,
            EngineLogLevel.Information => LogLevel.Information,
            EngineLogLevel.Warning => LogLevel.Warning,
            _ => LogLevel.Error,
        };
        // The message says it all; the stack of a user's error is for those who ask for detail.
        LogEngine(_logger, mapped, message);
        if (error is not null && error is not StreamException)
        {
            LogDetail(_logger, error);
        }
        else if (error?.InnerException is { } inner)
        {
            LogDetail(_logger, inner);
        }
    }

    public void Dispose()
    {
        _stopping.Cancel();
        _watchdog.Join();
        lock (_isolation)
        {
            _isDisposed = true;
        }

        Worker[] all = [.. _workers, .. _isolated, _control];
        foreach (Worker worker in all)
        {
            worker.Stop();
        }

        foreach (Worker worker in all)
        {
            worker.Join();
        }

        _stopping.Dispose();
    }

    [LoggerMessage(Level = LogLevel.Debug, Message = "Detail of the error above")]
    private static partial void LogDetail(ILogger logger, Exception error);

    [LoggerMessage(Message = "{Message}")]
    private static partial void LogEngine(ILogger logger, LogLevel level, string message);

    [LoggerMessage(Level = LogLevel.Error, Message = "Background work threw")]
    private static partial void LogBackgroundError(ILogger logger, Exception error);

    [LoggerMessage(
        Level = LogLevel.Warning,
        Message = "{Subtask} has held a worker for {Milliseconds} ms, so that other subtasks wait. Move blocking code into OpenAsync, a source or a sink")]
    private static partial void LogSlow(ILogger logger, string subtask, long milliseconds);

    [LoggerMessage(Level = LogLevel.Information, Message = "{Subtask} runs on a thread of its own from now on (worker.isolate-slow)")]
    private static partial void LogIsolated(ILogger logger, string subtask);

    private void Watch()
    {
        while (!_stopping.Token.WaitHandle.WaitOne(s_slow))
        {
            LookForSlow();
        }
    }

    private void LookForSlow()
    {
        foreach (Worker worker in _workers)
        {
            if (worker.Overdue(s_slow, out TimeSpan since) is not { } slow)
            {
                continue;
            }

            if (slow.MayHaveOwnThread)
            {
                worker.Isolate(slow);
            }

            if (_reportedSlow.Add(slow.Name))
            {
                LogSlow(_logger, slow.Name, (long)since.TotalMilliseconds);
            }
        }
    }
}

/// <summary>The processor time of the calling thread.</summary>
internal static partial class ThreadClock
{
    private const int ThreadCpuTime = 3;
    private static readonly bool s_known = OperatingSystem.IsLinux();

    public static bool TryGetNs(out long ns)
    {
        if (s_known && GetTime(ThreadCpuTime, out TimeSpec time) == 0)
        {
            ns = (time.Seconds * 1_000_000_000) + time.Nanoseconds;
            return true;
        }

        ns = 0;
        return false;
    }

    [LibraryImport("libc", EntryPoint = "clock_gettime")]
    private static partial int GetTime(int clock, out TimeSpec time);

    [StructLayout(LayoutKind.Sequential)]
    private struct TimeSpec
    {
        public long Seconds;
        public long Nanoseconds;
    }
}
