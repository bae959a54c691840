using OrleansStream.Engine;

namespace OrleansStream.TestKit;

/// <summary>The world of an operator in a harness: a clock that the test sets, and everything at once on the test's thread. Calls of user code run to their first wait at once, and on when the clock comes to what they wait for.</summary>
internal sealed class HarnessHost : IEngineHost
{
    public HarnessHost(IServiceProvider? services, long startMs)
    {
        NowMs = startMs;
        Time = new VirtualTime(() => NowMs);
        Services = services ?? new SeededServices(Time);
    }

    /// <summary>The time that user code waits for.</summary>
    public VirtualTime Time { get; }

    public long NowMs { get; set; }

    public long MonotonicNs => NowMs * 1_000_000;

    public long ThreadCpuNs => MonotonicNs;

    public IServiceProvider Services { get; }

    public void Start(Runnable runnable, int affinity) => throw new NotSupportedException("A harness drives an operator, no runnables.");

    public void Wake(Runnable runnable)
    {
    }

    public void Submit(Action work) => work();

    public void Await(Func<CancellationToken, ValueTask> code) => code(CancellationToken.None).AsTask().GetAwaiter().GetResult();

    public void Begin(UserCall call) => VirtualCall.Run(call);

    public void Cancel(UserCall call) => VirtualCall.Cancel(call, work => work());

    public double NextRandom() => 0.5;

    public string NewIncarnation() => new('0', 32);

    public void Log(EngineLogLevel level, string message, Exception? error = null)
    {
    }
}

/// <summary>The mailbox of an operator in a harness.</summary>
internal sealed class HarnessMailbox(IEngineHost host) : Runnable(host, "harness")
{
    public override Progress Run() => TakeMail() ? Progress.Made : Progress.Idle;
}
