using OrleansStream.Engine.Tests.Checkpointing;

namespace OrleansStream.Engine.Tests.Connectors;

/// <summary>The place of a reader, with a clock that the test sets.</summary>
internal sealed class TestSourceContext(int subtask = 0, int parallelism = 1) : SourceContext
{
    public long NowMs { get; set; } = 1_000_000;

    public long WakeAtMs { get; set; } = long.MaxValue;

    public override string OperatorName => "reader";

    public override int Subtask => subtask;

    public override int Parallelism => parallelism;

    public override IServiceProvider Services => new NoServices();

    public override long ProcessingTime => NowMs;

    public override void Wake()
    {
    }

    public override void WakeAt(long processingTime) => WakeAtMs = Math.Min(WakeAtMs, processingTime);
}

internal sealed class OneService(object service) : IServiceProvider
{
    public object? GetService(Type serviceType) => serviceType.IsInstanceOfType(service) ? service : null;
}

/// <summary>Drives the reader of one subtask by hand, as the source operator does.</summary>
internal sealed class ReaderHarness<T> : IDisposable
{
    private readonly ISourceReader<T> _reader;
    private readonly Dictionary<int, string> _active = [];
    private int _nextHandle;

    public ReaderHarness(ISource<T> source, TestSourceContext? context = null)
    {
        Context = context ?? new TestSourceContext();
        _reader = source.CreateReader(Context);
    }

    public TestSourceContext Context { get; }

    public List<T> Values { get; } = [];

    public List<long> Timestamps { get; } = [];

    public List<BadRecord> Bad { get; } = [];

    public bool HasEnded => _active.Count == 0;

    /// <summary>Reads all splits of a bounded source.</summary>
    public static ReaderHarness<T> ReadAll(ISource<T> source)
    {
        ReaderHarness<T> harness = new(source);
        harness.Add(harness.Discover(source)).ReadToEnd();
        return harness;
    }

    public IReadOnlyList<SourceSplit> Discover(ISource<T> source)
    {
        using ISplitEnumerator enumerator = source.CreateEnumerator(Context);
        return enumerator.Discover();
    }

    public ReaderHarness<T> Add(IEnumerable<SourceSplit> splits)
    {
        foreach (SourceSplit split in splits)
        {
            _active.Add(_nextHandle, split.Id);
            _reader.AddSplit(_nextHandle++, split);
        }

        return this;
    }

    /// <summary>Polls once.</summary>
    /// <returns>Whether anything was read.</returns>
    public bool Poll(int room = 1024)
    {
        Batch<T> batch = new(room);
        SourceOutput<T> output = new(batch);
        PollResult result = _reader.Poll(output);
        Assert.True(result.Split >= 0 || (batch.Count == 0 && output.Bad.Count == 0), "records without a split");
        Values.AddRange(batch.Values[..batch.Count]);
        Timestamps.AddRange(batch.Timestamps[..batch.Count]);
        Bad.AddRange(output.Bad);
        if (result.Ended)
        {
            Assert.True(_active.Remove(result.Split));
        }

        return result.Split >= 0;
    }

    public ReaderHarness<T> ReadToEnd(int room = 1024)
    {
        while (!HasEnded)
        {
            Assert.True(Poll(room), "the reader has splits and reads nothing");
        }

        return this;
    }

    /// <summary>Polls until nothing comes any more.</summary>
    public ReaderHarness<T> ReadAvailable(int room = 1024)
    {
        while (Poll(room))
        {
        }

        return this;
    }

    /// <summary>What a checkpoint would hold.</summary>
    public List<SourceSplit> Snapshot() => [.. _active.Select(s => new SourceSplit(s.Value, _reader.Position(s.Key).ToArray()))];

    public void Dispose() => _reader.Dispose();
}
