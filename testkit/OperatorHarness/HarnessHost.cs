using OrleansStream.Engine;

namespace OrleansStream.TestKit;

/// <summary>The world of an operator in a harness: a clock that the test sets, and everything at once on the test's thread.</summary>
internal sealed class HarnessHost(IServiceProvider? services, long startMs) : IEngineHost
{
    public long NowMs { get; set; } = startMs;

    public long MonotonicNs => NowMs * 1_000_000;

    public long ThreadCpuNs => MonotonicNs;

    public IServiceProvider Services { get; } = services ?? new NoServices();

    public void Start(Runnable runnable, int affinity) => throw new NotSupportedException("A harness drives an operator, no runnables.");

    public void Wake(Runnable runnable)
    {
    }

    public void Submit(Action work) => work();

    public void Await(Func<CancellationToken, ValueTask> code) => code(CancellationToken.None).AsTask().GetAwaiter().GetResult();

    public double NextRandom() => 0.5;

    public string NewIncarnation() => new('0', 32);

    public void Log(EngineLogLevel level, string message, Exception? error = null)
    {
    }

    private sealed class NoServices : IServiceProvider
    {
        public object? GetService(Type serviceType) => null;
    }
}
