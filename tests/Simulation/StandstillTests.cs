using OrleansStream.Engine.Checkpointing;
using OrleansStream.Engine.Jobs;
using OrleansStream.Engine.Nodes;

namespace OrleansStream.Simulation;

public sealed class StandstillTests
{
    private const long MemoryBytes = 1 << 20;

    [Fact]
    public void A_sink_that_takes_nothing_for_ten_minutes_fails_nothing_and_memory_stays_in_its_budget()
    {
        const int Records = 4000;
        string text = new('x', 2000);
        Event[] events = [.. Enumerable.Range(0, Records).Select(i => new Event(i % 16, 1_700_000_000_000 + i, i))];
        InMemoryCheckpointStore store = new();
        World world = new(events.Select(e => $"{e.Value} {text}"), store, "job");
        JobSetup setup = world.Setup(
            new JobOptions
            {
                Parallelism = 2,
                ExchangeMemory = MemoryBytes,
                // The barrier waits behind what the sink does not take; that is no reason to give it up.
                Checkpointing = new CheckpointOptions { Interval = TimeSpan.FromSeconds(10), Timeout = TimeSpan.FromHours(1), Directory = "simulated" },
            },
            env => env
                .FromSource(new PacedSource<Event>("events", [events], 100, 1), WatermarkStrategy.BoundedOutOfOrderness<Event>(TimeSpan.Zero).WithTimestamps(e => e.Time)).WithUid("source")
                .Map(e => (e.Key, Row: $"{e.Value} {text}"))
                .KeyBy(e => e.Key).Process(new Rows()).WithUid("rows")
                .SinkTo(new FolderSink(world)).WithUid("sink"));
        SimulatedCluster cluster = new(1, 3, setup, _ => store);
        cluster.Nodes[0].StartMaster();
        world.Accept(false);
        long until = cluster.NowMs + 600_000;
        long mostBytes = 0;
        long frames = 0;
        while (cluster.NowMs < until)
        {
            Assert.True(cluster.Step(), "nothing happens any more");
            mostBytes = Math.Max(mostBytes, cluster.Nodes.Max(n => n.Tasks.ExchangeBytes));
            frames = cluster.Network.Sent;
        }

        Assert.InRange(mostBytes, 1, MemoryBytes);
        Assert.Equal((JobState.Running, 1), (cluster.Nodes[0].Master!.Status.State, cluster.Nodes[0].Master!.Status.Attempt));
        Assert.Equal(0, world.Output.Rows);
        // Heartbeats and their answers, and the question whether the window is open again: a few a second.
        Assert.InRange(frames, 1, 20_000);
        world.Accept(true);
        while (cluster.Outcome is null)
        {
            Assert.True(cluster.Step(), "nothing happens any more");
        }

        Assert.Equal((JobState.Finished, 0), (cluster.Outcome.State, cluster.Outcome.Restarts));
        world.Check();
        Assert.Empty(world.Violations);
        Assert.Empty(world.Output.Missing);
    }

    private sealed class Rows : KeyedProcessFunction<int, (int Key, string Row), string>
    {
        public override void Process(in (int Key, string Row) value, KeyedContext<int> context, Output<string> output) => output.Emit(value.Row);
    }
}
