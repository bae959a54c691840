using OrleansStream.Engine.Checkpointing;
using OrleansStream.Engine.Jobs;
using OrleansStream.Engine.Nodes;

namespace OrleansStream.Simulation;

/// <summary>Sources of one group on several nodes learn of each other by heartbeats.</summary>
public sealed class AlignmentTests
{
    private const int Records = 600;
    private const int SlowStepMs = 10;
    private const int FastStepMs = 40;
    private const int AtOnce = 3;
    private const int PauseMs = 40;
    private const int DriftMs = 2000;
    private const long Start = 1_700_000_000_000;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Sources_on_different_nodes_are_kept_together(bool isAligned)
    {
        // The times of one split pass at a quarter of the others' speed.
        Event[][] splits = [.. Enumerable.Range(0, 3).Select(s => (Event[])[.. Enumerable.Range(0, Records).Select(i => new Event(s, Start + (i * (s == 1 ? SlowStepMs : FastStepMs)), (s * Records) + i))])];
        InMemoryCheckpointStore store = new();
        World world = new(splits.SelectMany(s => s).Select(e => $"{e.Value}"), store, "job");
        WatermarkStrategy<Event> strategy = WatermarkStrategy.Monotonous<Event>().WithTimestamps(e => e.Time);
        strategy = isAligned ? strategy.WithAlignment("events", TimeSpan.FromMilliseconds(DriftMs)) : strategy;
        JobSetup setup = world.Setup(
            new JobOptions
            {
                Parallelism = 3,
                TaskHostHeartbeat = TimeSpan.FromMilliseconds(500),
                TaskHostLease = TimeSpan.FromSeconds(6),
                Checkpointing = new CheckpointOptions { Interval = TimeSpan.FromSeconds(1), Directory = "simulated" },
            },
            env => env.FromSource(new PacedSource<Event>("events", splits, AtOnce, PauseMs), strategy).WithUid("source").Map(e => $"{e.Value}").SinkTo(new FolderSink(world)).WithUid("sink"));
        SimulatedCluster cluster = new(3, 3, setup, _ => store);
        cluster.Nodes[0].StartMaster();
        long widest = 0;
        for (int i = 0; cluster.Outcome is null && i < 2_000_000; i++)
        {
            cluster.Step();
            if (i % 50 == 0)
            {
                widest = Math.Max(widest, Drift(cluster));
            }
        }

        Assert.Equal(JobState.Finished, cluster.Outcome?.State);
        world.Check();
        Assert.Empty(world.Violations);
        Assert.Empty(world.Output.Missing);
        if (isAligned)
        {
            // A few records are read at once.
            Assert.InRange(widest, DriftMs / 2, DriftMs + (AtOnce * FastStepMs));
        }
        else
        {
            Assert.InRange(widest, 2 * DriftMs, long.MaxValue);
        }
    }

    // Between the sources that have a watermark and have not ended.
    private static long Drift(SimulatedCluster cluster)
    {
        List<long> times = [];
        foreach (SimulatedNode node in cluster.Nodes)
        {
            foreach (SubtaskMetrics subtask in node.Tasks.Metrics("job"))
            {
                OperatorCounts? source = subtask.Operators.Count > 0 ? subtask.Operators[0] : null;
                if ((source?.AlignmentGroup is null ? source?.Watermark : source?.AlignedMs) is > long.MinValue and < long.MaxValue and long reached)
                {
                    times.Add(reached);
                }
            }
        }

        // At the beginning nobody knows of the others, until the first heartbeats have come.
        return times.Count < 3 || times.Min() < Start + DriftMs ? 0 : times.Max() - times.Min();
    }
}
