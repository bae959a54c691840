using OrleansStream.Checkpointing;
using OrleansStream.Engine.Checkpointing;
using OrleansStream.Engine.Jobs;

namespace OrleansStream.Simulation;

/// <summary>
/// What seeds have found, step by step, since the meaning of a seed changes with the simulation. Others are where the rule is: the end that is superseded (seeds 101, 197, 440) in SupersededTests, the overtaking
/// barrier across nodes (seed 187) in FrameTests and BarrierAlignmentTests, options that conflict (seed 3) in JobOptionsReaderTests.
/// </summary>
public sealed class RegressionTests
{
    /// <summary>Seed 266: the store failed for so long that the master gave up, and the one after it ran the job again.</summary>
    [Fact]
    public void Where_masters_take_over_the_end_is_tried_until_it_is_in_the_log_and_the_job_is_not_run_again()
    {
        Event[] events = [.. Enumerable.Range(0, 100).Select(i => new Event(i % 16, 1_700_000_000_000 + i, i))];
        InMemoryCheckpointStore store = new();
        World world = new(events.Select(e => $"{e.Value}"), store, "job");
        bool isBroken = false;
        int failed = 0;
        StoreFault Fault(StoreOperation operation)
        {
            if (!isBroken || operation.Kind != StoreOperationKind.PutIfAbsent)
            {
                return StoreFault.None;
            }

            failed++;
            return StoreFault.Full(operation.Path);
        }

        JobSetup setup = world.Setup(
            new JobOptions { Parallelism = 2, Checkpointing = new CheckpointOptions { Interval = TimeSpan.FromMilliseconds(50), Directory = "simulated" } },
            env => env
                .FromSource(new PacedSource<Event>("events", [events], 10, 10), WatermarkStrategy.BoundedOutOfOrderness<Event>(TimeSpan.Zero).WithTimestamps(e => e.Time)).WithUid("source")
                .Map(e => $"{e.Value}").SinkTo(new FolderSink(world)).WithUid("sink"));
        SimulatedCluster cluster = new(1, 2, setup, _ => new FaultyCheckpointStore(store) { Before = Fault });
        cluster.Nodes[0].StartMaster();
        while (cluster.Nodes[0].Master!.State != JobState.Stopping)
        {
            Assert.True(cluster.Step(), "nothing happens any more");
        }

        Assert.Equal(events.Length, world.Output.Rows);
        isBroken = true;
        long until = cluster.NowMs + 600_000;
        while (cluster.NowMs < until)
        {
            Assert.True(cluster.Step(), "the master no longer tries");
        }

        Assert.Null(cluster.Outcome);
        Assert.InRange(failed, 100, int.MaxValue);
        isBroken = false;
        while (cluster.Outcome is null)
        {
            Assert.True(cluster.Step(), "nothing happens any more");
        }

        Assert.Equal(JobState.Finished, cluster.Outcome.State);
        Assert.Equal((JobEndState.Finished, 1), (world.Log.End, world.Log.Attempt));
        cluster.Nodes[1].StartMaster();
        while (cluster.Nodes[1].Master is not null)
        {
            Assert.True(cluster.Step(), "nothing happens any more");
        }

        Assert.Equal(1, world.Log.Attempt);
        world.Check();
        Assert.Empty(world.Violations);
    }

    /// <summary>Seed 74714: the node went down after the end was in the log and before its master had told anybody; the one that took over did not know why the job had failed.</summary>
    [Fact]
    public void A_master_that_takes_over_a_job_that_has_failed_knows_why()
    {
        Event[] events = [.. Enumerable.Range(0, 100).Select(i => new Event(i % 16, 1_700_000_000_000 + i, i))];
        InMemoryCheckpointStore store = new();
        World world = new(events.Select(e => $"{e.Value}"), store, "job");
        JobSetup setup = world.Setup(
            new JobOptions
            {
                Parallelism = 2,
                Checkpointing = new CheckpointOptions { Interval = TimeSpan.FromMilliseconds(50), Directory = "simulated" },
                Restart = new RestartOptions { Strategy = RestartKind.None },
            },
            env => env
                .FromSource(new PacedSource<Event>("events", [events], 10, 10), WatermarkStrategy.BoundedOutOfOrderness<Event>(TimeSpan.Zero).WithTimestamps(e => e.Time)).WithUid("source")
                .Map(e => e.Value == 50 ? throw new InvalidOperationException("the value 50 " + new string('x', 10_000)) : $"{e.Value}").WithName("check").SinkTo(new FolderSink(world)).WithUid("sink"));
        SimulatedCluster cluster = new(1, 2, setup, _ => store);
        cluster.Nodes[0].StartMaster();
        while (world.Log.End is null)
        {
            Assert.True(cluster.Step(), "nothing happens any more");
        }

        Assert.Null(cluster.Outcome);
        cluster.Nodes[0].Crash();
        cluster.Nodes[1].StartMaster();
        while (cluster.Outcome is null)
        {
            Assert.True(cluster.Step(), "nothing happens any more");
        }

        Assert.Equal((JobState.Failed, 1), (cluster.Outcome.State, world.Log.Attempt));
        string why = Assert.IsType<EarlierFailureException>(cluster.Outcome.Error).Message;
        Assert.Contains("UserCodeException: ", why, StringComparison.Ordinal);
        Assert.Contains("check", why, StringComparison.Ordinal);
        Assert.Contains("the value 50", why, StringComparison.Ordinal);

        // What somebody puts into a message does not fill the log.
        Assert.InRange(why.Length, 1000, 4001);
    }
}
