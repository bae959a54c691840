namespace OrleansStream;

/// <summary>The place of a writer or committer.</summary>
internal sealed class TestSinkContext : SinkContext
{
    private readonly ManualResetEventSlim _woken = new();
    private int _wakes;

    public string RunOf { get; init; } = "0123456789abcdef0123456789abcdef";

    public string Uid { get; init; } = "sink";

    public int AttemptOf { get; init; } = 1;

    public int SubtaskOf { get; init; }

    public int ParallelismOf { get; init; } = 1;

    public long Restored { get; init; }

    public IServiceProvider ServicesOf { get; init; } = new NoServices();

    public override string Job => "job";

    public override string Incarnation => RunOf;

    public override string OperatorUid => Uid;

    public override string OperatorName => "writer";

    public override int Attempt => AttemptOf;

    public override int Subtask => SubtaskOf;

    public override int Parallelism => ParallelismOf;

    public override long RestoredCheckpoint => Restored;

    public override bool IsRestored => Restored > 0;

    public override IServiceProvider Services => ServicesOf;

    /// <summary>How often the subtask was woken.</summary>
    public int Wakes => Volatile.Read(ref _wakes);

    public override void Wake()
    {
        Interlocked.Increment(ref _wakes);
        _woken.Set();
    }

    /// <summary>Waits for a wake-up since the last call.</summary>
    public void AwaitWake()
    {
        Assert.True(_woken.Wait(TimeSpan.FromSeconds(30)), "the sink did not wake its subtask");
        _woken.Reset();
    }
}

internal sealed class NoServices : IServiceProvider
{
    public object? GetService(Type serviceType) => null;
}
