using OrleansStream.Engine.Planning;
using OrleansStream.Engine.Sources;
using OrleansStream.Graph;

namespace OrleansStream.Engine.Jobs;

/// <summary>Finds the splits of one source and gives them to its subtasks: the part of a source that lives with the job master.</summary>
internal sealed class SourceDirector
{
    private readonly Runnable _master;
    private readonly ISourceNode _source;
    private readonly string _name;
    private readonly int _subtasks;
    private readonly Action<int, IReadOnlyList<AssignedSplit>, bool> _assign;
    private readonly Action _assigned;
    private readonly Action<Exception> _fail;
    private readonly SplitAssigner _assigner;
    private ISplitEnumerator? _enumerator;
    private IReadOnlyCollection<string> _known = [];
    private List<AssignedSplit>[]? _restored;
    private bool _isClosed;
    private bool _isBusy;

    public SourceDirector(
        Runnable master, StreamNode node, PlanVertex vertex, Action<int, IReadOnlyList<AssignedSplit>, bool> assign, Action assigned, Action<Exception> fail)
    {
        _master = master;
        _source = (ISourceNode)node;
        _name = node.Name;
        _subtasks = vertex.Parallelism;
        _assign = assign;
        _assigned = assigned;
        _fail = fail;
        _assigner = new SplitAssigner(vertex.Parallelism);
    }

    /// <summary>
    /// Whether the subtasks have got what the checkpoint has and what was found first. No checkpoint may begin before: it would hold splits of some subtasks only, or none, and what was restored would begin anew.
    /// </summary>
    public bool IsAssigned { get; private set; }

    /// <summary>When to look for new splits again; <c>long.MaxValue</c> for never.</summary>
    public long NextDiscoveryMs { get; private set; } = long.MaxValue;

    /// <summary>All subtasks run: they get what the checkpoint has and what is found.</summary>
    public void Begin(IReadOnlyList<AssignedSplit> restored, bool noMoreSplits)
    {
        _known = [.. restored.Select(s => s.Split.Id)];
        List<AssignedSplit>[] shares = _assigner.AssignRestored(restored);
        if (noMoreSplits)
        {
            Send(shares, true);
            IsAssigned = true;
            return;
        }

        // A subtask gets both together: the watermark of those of the checkpoint must not run ahead of a split that was discovered before it and assigned after it.
        _restored = shares;
        Discover();
    }

    public void Tick(long nowMs)
    {
        if (nowMs >= NextDiscoveryMs)
        {
            NextDiscoveryMs = long.MaxValue;
            Discover();
        }
    }

    public void Close()
    {
        _isClosed = true;
        NextDiscoveryMs = long.MaxValue;
        if (!_isBusy && _enumerator is { } enumerator)
        {
            _enumerator = null;
            _master.InBackground(() => Dispose(enumerator), Disposed);
        }
    }

    private void Discover()
    {
        _isBusy = true;
        ISplitEnumerator? existing = _enumerator;
        _master.InBackground(
            () =>
            {
                ISplitEnumerator enumerator = existing ?? _source.CreateEnumerator(new Context(_master.Host, _name, _subtasks, _known));
                try
                {
                    return (Enumerator: enumerator, Splits: enumerator.Discover());
                }
                catch when (existing is null)
                {
                    enumerator.Dispose();
                    throw;
                }
            },
            Discovered);
    }

    private void Discovered((ISplitEnumerator Enumerator, IReadOnlyList<SourceSplit> Splits) found, Exception? error)
    {
        _isBusy = false;
        _enumerator = found.Enumerator ?? _enumerator;
        if (_isClosed)
        {
            Close();
            return;
        }

        if (error is not null)
        {
            _fail(error as StreamException ?? new UserCodeException(_name, 0, "finding its splits", error));
            return;
        }

        TimeSpan? interval = _source.IsBounded ? null : found.Enumerator!.DiscoveryInterval;
        List<AssignedSplit>[] shares = _assigner.AssignNew(found.Splits);
        if (_restored is { } restored)
        {
            _restored = null;
            shares = [.. restored.Zip(shares, (known, discovered) => (List<AssignedSplit>)[.. known, .. discovered])];
        }

        Send(shares, interval is null);
        if (!IsAssigned)
        {
            IsAssigned = true;
            _assigned();
        }

        if (interval is { } wait)
        {
            NextDiscoveryMs = _master.Host.NowMs + Math.Max(1, (long)wait.TotalMilliseconds);
        }
    }

    private static bool Dispose(ISplitEnumerator enumerator)
    {
        enumerator.Dispose();
        return true;
    }

    private void Disposed(bool done, Exception? error)
    {
        if (error is not null)
        {
            _master.Host.Log(EngineLogLevel.Warning, $"The enumerator of source '{_name}' could not be closed: {error.Message}", error);
        }
    }

    private void Send(List<AssignedSplit>[] shares, bool noMore)
    {
        for (int subtask = 0; subtask < shares.Length; subtask++)
        {
            if (shares[subtask].Count > 0 || noMore)
            {
                _assign(subtask, shares[subtask], noMore);
            }
        }
    }

    private sealed class Context(IEngineHost host, string name, int parallelism, IReadOnlyCollection<string> known) : SourceContext
    {
        public override IReadOnlyCollection<string> KnownSplits => known;

        public override string OperatorName => name;

        public override int Subtask => 0;

        public override int Parallelism => parallelism;

        public override IServiceProvider Services => host.Services;

        public override long ProcessingTime => host.NowMs;

        public override void Wake()
        {
        }

        public override void WakeAt(long processingTime)
        {
        }
    }
}
