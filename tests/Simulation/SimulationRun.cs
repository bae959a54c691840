using OrleansStream.Checkpointing;
using OrleansStream.Engine.Checkpointing;
using OrleansStream.Engine.Jobs;
using OrleansStream.Engine.Nodes;

namespace OrleansStream.Simulation;

/// <summary>One run of a job on a simulated cluster: faults for a while, then none, until the job has finished.</summary>
internal sealed class SimulationRun
{
    private const long FaultySteps = 400_000;
    private const long StepsToFinish = 400_000;
    private const long MemoryBytes = 1 << 20;

    private readonly long _seed;
    private readonly SimulatedJob _job;
    private readonly FaultPlan _plan;
    private readonly World _world;
    private readonly SimulatedCluster _cluster;

    public SimulationRun(long seed)
    {
        _seed = seed;
        SeededRandom random = new(seed);
        _job = SimulatedJob.All[random.Next(SimulatedJob.All.Count)](random);
        _plan = new FaultPlan(seed, new SeededOptions().StartMs);
        InMemoryCheckpointStore store = new();
        _world = new World(_job.Expected, store, "job");
        JobOptions options = new()
        {
            Parallelism = _plan.Parallelism,
            BatchSize = _plan.BatchSize,
            WatermarkInterval = TimeSpan.Zero,
            WatermarkPerRecord = _job.WatermarkPerRecord,
            ExchangeMemory = MemoryBytes,
            TaskHostHeartbeat = TimeSpan.FromMilliseconds(200),
            TaskHostLease = TimeSpan.FromSeconds(2),
            Checkpointing = new CheckpointOptions
            {
                Interval = TimeSpan.FromMilliseconds(_plan.CheckpointMs), Directory = "simulated", Timeout = TimeSpan.FromSeconds(1), TolerableFailures = _plan.TolerableFailures,
                Unaligned = _plan.Unaligned, AlignedTimeout = TimeSpan.FromMilliseconds(_plan.AlignedTimeoutMs),
            },
            Restart = new RestartOptions { Strategy = RestartKind.FixedDelay, Attempts = int.MaxValue, Delay = TimeSpan.FromMilliseconds(20) },
        };
        JobSetup setup = new()
        {
            Name = "job",
            Create = () => new DefinedJob(env => _job.Define(env, _world)),
            Options = options,
            DefaultParallelism = 2,
            Store = store,
            Owner = "simulation",
            OpenSavepoint = path => (store, path),
        };
        _cluster = new SimulatedCluster(
            seed, _plan.Nodes, setup, _ => new FaultyCheckpointStore(store) { Before = _plan.AtStore });
    }

    /// <summary>Seed and options, enough to run it again.</summary>
    public string Header => $"seed {_seed}: job '{_job.Name}', {_plan}";

    /// <summary>What was wrong; null for nothing.</summary>
    public string? Violation { get; private set; }

    public int Faults => _plan.Injected.Values.Sum() + (int)(_cluster.Network.Lost + _cluster.Network.Repeated);

    public IReadOnlyDictionary<string, int> Injected => _plan.Injected;

    public SimulatedCluster Cluster => _cluster;

    public int Crashes => _plan.Crashes;

    /// <summary>Runs to the end or to the first violation.</summary>
    public SimulationRun Run()
    {
        try
        {
            RunSteps();
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            Violation ??= $"the run broke: {e}";
        }

        return this;
    }

    /// <summary>The violation with seed, options and a shortened history.</summary>
    public string Report() => $"{Header}\n  {Violation}\n  {string.Join("\n  ", _cluster.Events.TakeLast(40))}\n  state:\n    "
        + string.Join("\n    ", _cluster.Nodes.SelectMany(n => n.Host.State.Select(s => $"{n.Name}: {s}")).Take(60))
        + $"\n  log:\n    {string.Join("\n    ", _cluster.Nodes.SelectMany(n => n.Host.LogLines.TakeLast(6).Select(l => $"{n.Name}: {l}")))}";

    private void RunSteps()
    {
        _plan.Begin(_cluster, _world);
        long lookForMasterMs = 0;
        long limit = FaultySteps;
        bool isOver = false;
        while (Violation is null)
        {
            _plan.EnsureMaster(_cluster, ref lookForMasterMs);
            _plan.Run(_cluster);
            if (!isOver && _cluster.NowMs >= _plan.UntilMs)
            {
                isOver = true;
                limit = _cluster.Steps + StepsToFinish;
            }

            if (_cluster.Outcome is not null)
            {
                break;
            }

            // Faults and the look for a master have their times, too.
            long until = Math.Max(Math.Min(lookForMasterMs, _plan.NextDueMs), _cluster.NowMs);
            if (!_cluster.Step(until))
            {
                _cluster.WaitUntil(Math.Max(until, _cluster.NowMs + 1));
            }

            Check();
            if (_cluster.Steps > limit)
            {
                Violation = $"the job has not finished {StepsToFinish} steps after the faults stopped; missing: {string.Join(", ", _world.Missing.Take(5))}";
            }
        }

        if (Violation is null)
        {
            CheckEnd();
        }
    }

    private void Check()
    {
        _world.CheckBetweenSteps();
        if (_cluster.Steps % 4096 == 0)
        {
            _world.CheckRestorePoint();
        }

        if (_cluster.Steps % 64 == 0)
        {
            foreach (SimulatedNode node in _cluster.Nodes)
            {
                if (node.Tasks.ExchangeBytes is < 0 or > MemoryBytes)
                {
                    _world.Violations.Add($"{node.Name} has {node.Tasks.ExchangeBytes} bytes in flight, and a budget of {MemoryBytes}");
                }
            }
        }

        if (_world.Violations.Count > 0)
        {
            Violation = _world.Violations[0];
        }
    }

    private void CheckEnd()
    {
        Check();
        _world.CheckRestorePoint();
        JobOutcome outcome = _cluster.Outcome!;
        Violation = _world.Violations.Count > 0 ? _world.Violations[0]
            : outcome.State != JobState.Finished ? $"the job ended as {outcome.State}: {outcome.Error}"
            : _world.Missing.Any() ? $"rows are lost: {string.Join(", ", _world.Missing.Take(5))}"
            : JobLogFiles.ReadAll(_cluster.TrueStore, "job").End is null ? "the log does not say that the job has ended"
            : null;
    }
}
