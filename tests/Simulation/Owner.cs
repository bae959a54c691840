using System.Globalization;
using OrleansStream.Commits;
using OrleansStream.Engine.Checkpointing;
using OrleansStream.Engine.Jobs;

namespace OrleansStream.Simulation;

/// <summary>
/// The person whose job it is. Takes savepoints, stops the job with one or with a final checkpoint and submits it again with another parallelism, loses all nodes and goes on from the last checkpoint, cancels the
/// job and restores it from an older savepoint. Does one thing at a time, and waits for the answer, or for the end of the master that was asked.
/// </summary>
internal sealed class Owner
{
    private const string Job = "job";

    private readonly SeededRandom _random;
    private readonly SimulatedJob _job;
    private readonly World _world;
    private readonly FaultPlan _plan;
    private readonly List<KeptSavepoint> _savepoints = [];
    private readonly Queue<Wish> _wishes = new();
    private readonly SortedDictionary<string, int> _done = new(StringComparer.Ordinal);
    private readonly int _parallelism;
    private readonly bool _isDeferred;
    private UnknownEpochPolicy _policy;
    private KeptSavepoint? _backTo;
    private bool _mustRefuse;
    private Request? _request;
    private int _attemptsBefore;
    private int _folders;
    private long _dueMs;

    public Owner(long seed, SimulatedJob job, World world, FaultPlan plan)
    {
        _random = new SeededRandom(seed ^ 0x0B3E);
        _job = job;
        _world = world;
        _plan = plan;
        _plan.HasBegun = () => _world.Log.Attempt > _attemptsBefore;
        _isDeferred = Pick(false, true);
        Setup = NewSetup(null, false);
        _parallelism = Setup.Options.Parallelism!.Value;
        for (int i = Pick(0, 0, 1, 2, 4); i > 0; i--)
        {
            _wishes.Enqueue(Pick(Wish.Savepoint, Wish.Savepoint, Wish.StopWithSavepoint, Wish.Stop, Wish.LoseAll, Wish.GoBack));
        }

        _dueMs = plan.StartMs + 100 + _random.Next(900);
    }

    private enum Wish
    {
        Savepoint,
        StopWithSavepoint,
        Stop,
        LoseAll,
        GoBack,
    }

    /// <summary>The job as it is submitted.</summary>
    public JobSetup Setup { get; private set; }

    /// <summary>What was done, by kind.</summary>
    public IReadOnlyDictionary<string, int> Done => _done;

    /// <summary>When something is to be done next.</summary>
    public long NextDueMs => _wishes.Count > 0 && _request is null ? _dueMs : long.MaxValue;

    public override string ToString() =>
        $"{(_isDeferred ? "deferred writes" : "two phases")}, parallelism {_parallelism.ToString(CultureInfo.InvariantCulture)}, {Options(Setup.Options)}{(_wishes.Count > 0 ? $", then {string.Join(", ", _wishes)}" : "")}";

    /// <summary>Looks at the job; called between any two steps.</summary>
    /// <returns>Whether the job has ended for good.</returns>
    public bool Run(SimulatedCluster cluster)
    {
        if (cluster.Outcome is { } outcome)
        {
            return !SubmitAgain(cluster, outcome);
        }

        // A stop that was answered ends with an outcome, unless its master dies before: then the job goes on.
        if (_request is { } request && (request.Node.Master != request.Master || (request.IsAnswered && (request.HasFailed || request.Wish == Wish.Savepoint))))
        {
            _request = null;
        }

        if (_request is null && cluster.NowMs >= _dueMs && _wishes.TryPeek(out Wish wish))
        {
            Begin(cluster, wish);
        }

        return false;
    }

    /// <summary>Everything that was kept can still be restored.</summary>
    public void CheckSavepoints()
    {
        foreach (KeptSavepoint savepoint in _savepoints)
        {
            _world.CheckSavepoint(savepoint.Path);
        }
    }

    private void Begin(SimulatedCluster cluster, Wish wish)
    {
        _dueMs = cluster.NowMs + 50 + _random.Next(100);
        if (wish == Wish.LoseAll)
        {
            if (!_plan.HasBegun())
            {
                // There is nothing yet that could be gone on with.
                return;
            }

            Next(cluster, wish);
            _plan.CrashAll(cluster);
            Submit(cluster, null, resume: true);
            return;
        }

        if (cluster.Nodes.FirstOrDefault(n => !n.IsPaused && n.Master?.State == JobState.Running) is not { } node)
        {
            return;
        }

        if (wish == Wish.GoBack && _savepoints.Count == 0 && _random.Next(4) > 0)
        {
            // First there must be something to go back to.
            wish = Wish.Savepoint;
            Wished(cluster, wish);
        }
        else
        {
            Next(cluster, wish);
        }

        Request request = new(wish, node, node.Master!);
        _request = request;
        switch (wish)
        {
            case Wish.Stop:
                request.Master.Stop(_job.CanDrain && _random.Next(2) == 0, request.Answer);
                break;
            case Wish.GoBack:
                request.Master.Cancel();
                break;
            default:
                string folder = $"saved/{(++_folders).ToString(CultureInfo.InvariantCulture)}";
                bool stop = wish == Wish.StopWithSavepoint;
                request.Master.Savepoint(folder, stop, stop && _job.CanDrain && _random.Next(2) == 0, (path, error) =>
                {
                    request.Answer(path, error);
                    if (path is not null)
                    {
                        Keep(cluster, path);
                    }
                });
                break;
        }
    }

    private void Next(SimulatedCluster cluster, Wish wish)
    {
        _wishes.Dequeue();
        Wished(cluster, wish);
    }

    private void Wished(SimulatedCluster cluster, Wish wish)
    {
        _dueMs = cluster.NowMs + 100 + _random.Next(900);
        cluster.Note($"the owner wants: {wish}");
        Count(wish.ToString());
    }

    private void Keep(SimulatedCluster cluster, string path)
    {
        long id = CheckpointMetadataFile.Read(_world.Store, path, null).CheckpointId;
        _savepoints.Add(new KeptSavepoint(path, _world.Folder.CopyAt(id), _world.Topic.HistoryAt(id)));
        Count("savepoint kept");
        if (_random.Next(2) == 0)
        {
            // What it has pending is then written by no later checkpoint.
            _plan.CrashSoon(cluster);
        }
    }

    private bool SubmitAgain(SimulatedCluster cluster, JobOutcome outcome)
    {
        Request? request = _request;
        _request = null;
        switch (outcome.State)
        {
            case JobState.Stopped:
                // What it was stopped with is also where the log would go on.
                Submit(cluster, request is { Wish: Wish.StopWithSavepoint, Path: { } path } && _random.Next(2) == 0 ? path : null, resume: true);
                return true;
            case JobState.Cancelled:
                GoBack(cluster, _savepoints.Count == 0 ? null : _savepoints[_random.Next(_savepoints.Count)]);
                return true;
            case JobState.Failed when _mustRefuse && outcome.Error!.Message.Contains("Choose rewrite or skip", StringComparison.Ordinal):
                // A choice holds for as long as it is given: with zombies of the same restore it would be made twice.
                _plan.EndNow(cluster);
                _wishes.Clear();
                _policy = Pick(UnknownEpochPolicy.Rewrite, UnknownEpochPolicy.Skip);
                Count($"{_policy} chosen");
                GoBack(cluster, _backTo);
                return true;
            case JobState.Finished when _mustRefuse:
                _world.Violations.Add($"the sink went on from {_backTo!.Path} although the marks do not say what it has written");
                return false;
            default:
                return false;
        }
    }

    // To an older savepoint or to the beginning; the folder goes back with it, the topic stays. Nothing of the old run is alive then, as the owner sees to.
    private void GoBack(SimulatedCluster cluster, KeptSavepoint? savepoint)
    {
        _plan.CrashAll(cluster);
        _backTo = savepoint;
        if (_isDeferred)
        {
            Topic.TopicHistory history = savepoint?.Topic ?? Topic.TopicHistory.Empty;
            _mustRefuse = _policy == UnknownEpochPolicy.Fail && _world.Topic.UnknownIds(history) > 0;
            _world.Topic.GoBack(history, _policy);
        }
        else
        {
            _world.Folder.PutBack(savepoint?.Folder ?? Folder.FolderCopy.Empty);
        }

        Submit(cluster, savepoint?.Path, resume: false);
        Count(savepoint is null ? "begun again" : "restored from a savepoint");
    }

    private void Submit(SimulatedCluster cluster, string? savepoint, bool resume)
    {
        _attemptsBefore = _world.Log.Attempt;
        _dueMs = cluster.NowMs + 100 + _random.Next(900);

        // Masters that were to begin the submission before and have not would do it now: whoever submits sees to it that they are gone.
        foreach (SimulatedNode node in cluster.Nodes.Where(n => n.Master is { Status.Attempt: 0 }))
        {
            _plan.Crash(cluster, node, 1 + _random.Next(400));
        }

        Setup = NewSetup(savepoint, resume && savepoint is null);
        cluster.Submit(Setup);
        cluster.Note($"submitted again: {(savepoint is null ? resume ? "go on" : "from nothing" : $"from {savepoint}")}, parallelism {Setup.Options.Parallelism}, {Options(Setup.Options)}");
    }

    private JobSetup NewSetup(string? savepoint, bool resume)
    {
        bool unaligned = Pick(false, false, true);
        int atOnce = unaligned ? 1 : Pick(1, 1, 3);
        JobOptions options = new()
        {
            Parallelism = 1 + _random.Next(4),
            BatchSize = Pick(1, 3, 7, 32),
            WatermarkInterval = TimeSpan.Zero,
            WatermarkPerRecord = _job.WatermarkPerRecord,
            ExchangeMemory = Pick(20_000, 200_000, 1 << 20),
            TaskHostHeartbeat = TimeSpan.FromMilliseconds(200),
            TaskHostLease = TimeSpan.FromSeconds(2),
            Resume = resume,
            FromSavepoint = savepoint,
            Checkpointing = new CheckpointOptions
            {
                Interval = TimeSpan.FromMilliseconds(Pick(20, 50, 150)), Directory = "simulated", Timeout = TimeSpan.FromSeconds(1), TolerableFailures = Pick(0, 3, 1000),
                MinPause = TimeSpan.FromMilliseconds(atOnce == 1 ? Pick(0, 0, 30) : 0), Retained = Pick(1, 1, 3), Retention = Pick(CheckpointRetention.DeleteOnCancel, CheckpointRetention.RetainOnCancel),
                MaxConcurrent = atOnce, Unaligned = unaligned, AlignedTimeout = TimeSpan.FromMilliseconds(unaligned ? Pick(0, 0, 5, 30) : 0),
            },
            Restart = new RestartOptions { Strategy = RestartKind.FixedDelay, Attempts = int.MaxValue, Delay = TimeSpan.FromMilliseconds(20) },
        };
        UnknownEpochPolicy policy = _policy;
        return _world.Setup(options, env => _job.Define(env, () => Sink(policy)));
    }

    private ISink<string> Sink(UnknownEpochPolicy policy) => _isDeferred ? new DeferredSink(_world, policy) : new FolderSink(_world);

    private static string Options(JobOptions options) => string.Create(
        CultureInfo.InvariantCulture,
        $"batch {options.BatchSize}, memory {options.ExchangeMemory}, {(options.Checkpointing.Unaligned ? $"unaligned (after {options.Checkpointing.AlignedTimeout.TotalMilliseconds} ms) " : "")}checkpoints every {options.Checkpointing.Interval!.Value.TotalMilliseconds} ms, {options.Checkpointing.MaxConcurrent} at once, tolerable failures {options.Checkpointing.TolerableFailures}");

    private void Count(string kind) => _done[kind] = _done.GetValueOrDefault(kind) + 1;

    private T Pick<T>(params T[] values) => values[_random.Next(values.Length)];

    private sealed record KeptSavepoint(string Path, Folder.FolderCopy Folder, Topic.TopicHistory Topic);

    private sealed class Request(Wish wish, SimulatedNode node, JobMaster master)
    {
        public Wish Wish { get; } = wish;

        public SimulatedNode Node { get; } = node;

        public JobMaster Master { get; } = master;

        public bool IsAnswered { get; private set; }

        public bool HasFailed { get; private set; }

        public string? Path { get; private set; }

        public void Answer(string? path, Exception? error)
        {
            IsAnswered = true;
            HasFailed = error is not null;
            Path = path;
        }
    }
}
