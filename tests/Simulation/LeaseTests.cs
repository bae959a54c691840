using OrleansStream.Engine.Checkpointing;
using OrleansStream.Engine.Jobs;
using OrleansStream.Engine.Nodes;

namespace OrleansStream.Simulation;

/// <summary>What master and task hosts do about each other, one fault at a time.</summary>
public sealed class LeaseTests
{
    private readonly InMemoryCheckpointStore _store = new();
    private readonly World _world;
    private readonly SimulatedCluster _cluster;
    private HostPacket? _deployment;

    public LeaseTests()
    {
        Event[] events = [.. Enumerable.Range(0, 3000).Select(i => new Event(i % 16, 1_700_000_000_000 + i, i))];
        _world = new World(events.Select(e => $"{e.Value}"), _store, "job");
        JobSetup setup = _world.Setup(
            new JobOptions
            {
                Parallelism = 3,
                TaskHostHeartbeat = TimeSpan.FromMilliseconds(500),
                TaskHostLease = TimeSpan.FromSeconds(6),
                Checkpointing = new CheckpointOptions { Interval = TimeSpan.FromSeconds(1), Directory = "simulated" },
                Restart = new RestartOptions { Strategy = RestartKind.FixedDelay, Attempts = 5, Delay = TimeSpan.FromMilliseconds(50) },
            },
            env => env
                .FromSource(new PacedSource<Event>("events", [events], 3, 40), WatermarkStrategy.BoundedOutOfOrderness<Event>(TimeSpan.Zero).WithTimestamps(e => e.Time)).WithUid("source")
                .Rebalance().Map(e => $"{e.Value}").SinkTo(new FolderSink(_world)).WithUid("sink"));
        _cluster = new SimulatedCluster(3, 3, setup, _ => _store);
        _cluster.Network.Watch = (to, message) => _deployment ??= to == "n2" && message is HostPacket { First: 1 } packet ? packet : null;
        _cluster.Nodes[0].StartMaster();
        RunFor(3000);
        Assert.Equal((JobState.Running, 1), State);
    }

    private (JobState State, int Attempt) State => (_cluster.Nodes[0].Master!.Status.State, _cluster.Nodes[0].Master!.Status.Attempt);

    [Fact]
    public void A_node_that_is_cut_off_stops_its_subtasks_when_its_lease_ends_and_the_job_goes_on_without_it()
    {
        SimulatedNode cut = _cluster.Nodes[2];
        _cluster.Network.Cut("n3", "n1", true);
        cut.IsSuspected = true;
        RunFor(4000);
        Assert.Equal(2, cut.Tasks.Metrics("job").Count);
        RunFor(4000);
        Assert.Empty(cut.Tasks.Metrics("job"));
        Assert.Contains(cut.Host.LogLines, l => l.Contains("no word from the master of job 'job' for 6000 ms", StringComparison.Ordinal));
        Assert.Equal((JobState.Running, 2), State);
        Finish();
    }

    [Fact]
    public void A_node_that_was_started_again_is_noticed_at_the_next_packet_without_waiting_for_the_lease()
    {
        _cluster.Nodes[1].Crash();
        _cluster.Nodes[1].Start();
        RunFor(2500);
        Assert.Equal((JobState.Running, 2), State);
        Assert.Contains(_cluster.Nodes[0].Host.LogLines, l => l.Contains("Node 'n2' no longer has the 2 subtasks of attempt 1", StringComparison.Ordinal));
        Finish();
    }

    [Fact]
    public void A_node_that_was_started_again_and_took_the_deployment_once_more_is_noticed()
    {
        _cluster.Nodes[1].Crash();
        _cluster.Nodes[1].Start();
        _cluster.Nodes[1].Tasks.Receive(_deployment!);
        RunFor(2500);
        Assert.Equal((JobState.Running, 2), State);
        Finish();
    }

    [Fact]
    public void A_second_master_ends_the_first_one_and_the_job_goes_on_from_the_checkpoint()
    {
        _cluster.Nodes[1].StartMaster();
        RunFor(5000);
        Assert.Null(_cluster.Nodes[0].Master);
        Assert.Equal(1, _cluster.Superseded);
        Assert.Equal((JobState.Running, 2), (_cluster.Nodes[1].Master!.Status.State, _cluster.Nodes[1].Master!.Status.Attempt));
        Finish();
    }

    [Fact]
    public void A_master_that_takes_over_a_job_that_has_ended_ends_too()
    {
        Finish();
        int attempts = JobLogFiles.ReadAll(_store, "job").Attempt;
        _cluster.Nodes[2].StartMaster();
        RunFor(1000);
        Assert.Null(_cluster.Nodes[2].Master);
        Assert.Equal(attempts, JobLogFiles.ReadAll(_store, "job").Attempt);
    }

    private void RunFor(long ms)
    {
        long until = _cluster.NowMs + ms;
        while (_cluster.NowMs < until)
        {
            if (!_cluster.Step(until))
            {
                _cluster.WaitUntil(until);
            }
        }
    }

    private void Finish()
    {
        for (int i = 0; _cluster.Outcome is null && i < 2_000_000; i++)
        {
            _cluster.Step();
        }

        Assert.Equal(JobState.Finished, _cluster.Outcome?.State);
        _world.Check();
        Assert.Empty(_world.Violations);
        Assert.Empty(_world.Output.Missing);
    }
}
