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

    private readonly FaultPlan _plan;
    private readonly Owner _owner;
    private readonly World _world;
    private readonly SimulatedCluster _cluster;

    public SimulationRun(long seed)
    {
        SeededRandom random = new(seed);
        SimulatedJob job = SimulatedJob.All[random.Next(SimulatedJob.All.Count)](random);
        _plan = new FaultPlan(seed, new SeededOptions().StartMs);
        InMemoryCheckpointStore store = new();
        _world = new World(job.Expected, store, "job");
        _owner = new Owner(seed, job, _world, _plan);
        Header = $"seed {seed}: job '{job.Name}', {_owner}, {_plan}";
        _cluster = new SimulatedCluster(seed, _plan.Nodes, _owner.Setup, _ => new FaultyCheckpointStore(store) { Before = _plan.AtStore });
    }

    /// <summary>Seed and options, enough to run it again.</summary>
    public string Header { get; }

    /// <summary>What was wrong; null for nothing.</summary>
    public string? Violation { get; private set; }

    public int Faults => _plan.Injected.Values.Sum() + (int)(_cluster.Network.Lost + _cluster.Network.Repeated + _cluster.Network.Straggled);

    /// <summary>Faults by kind.</summary>
    public IEnumerable<KeyValuePair<string, long>> Injected =>
        [
            .. _plan.Injected.Select(i => KeyValuePair.Create(i.Key, (long)i.Value)),
            new("message lost", _cluster.Network.Lost), new("message repeated", _cluster.Network.Repeated), new("message late", _cluster.Network.Straggled),
        ];

    /// <summary>What the owner of the job did, by kind.</summary>
    public IReadOnlyDictionary<string, int> Done => _owner.Done;

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

            if (_owner.Run(_cluster))
            {
                break;
            }

            // Faults and the look for a master have their times, too.
            long until = Math.Max(Math.Min(Math.Min(lookForMasterMs, _plan.NextDueMs), _owner.NextDueMs), _cluster.NowMs);
            if (!_cluster.Step(until))
            {
                _cluster.WaitUntil(Math.Max(until, _cluster.NowMs + 1));
            }

            Check();
            if (_cluster.Steps > limit)
            {
                Violation = $"the job has not finished {StepsToFinish} steps after the faults stopped; missing: {string.Join(", ", _world.Output.Missing.Take(5))}";
            }
        }

        if (Violation is null)
        {
            CheckEnd();
        }
    }

    private void Check()
    {
        _world.Check();
        if (_cluster.Steps % 4096 == 0)
        {
            _world.CheckRestorePoint();
        }

        if (_cluster.Steps % 512 == 0)
        {
            _world.Output.CheckThatAllStays(_world.Violations);
        }

        if (_cluster.Steps % 64 == 0)
        {
            foreach (SimulatedNode node in _cluster.Nodes)
            {
                MemoryCheck.Run(node, _world.Violations);
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
        _world.Output.CheckThatAllStays(_world.Violations);
        _owner.CheckSavepoints();
        JobOutcome outcome = _cluster.Outcome!;
        Violation = _world.Violations.Count > 0 ? _world.Violations[0]
            : outcome.State != JobState.Finished ? $"the job ended as {outcome.State}: {outcome.Error}"
            : _world.Output.Missing.Any() ? $"rows are lost: {string.Join(", ", _world.Output.Missing.Take(5))}"
            : _world.Log.End is null ? "the log does not say that the job has ended"
            : _world.Folder.Prepared.FirstOrDefault(p => p.Attempt == _world.Log.Attempt) is { Key: { } left } ? $"{left} is prepared by the attempt that finished, and never committed"
            : null;
    }
}
