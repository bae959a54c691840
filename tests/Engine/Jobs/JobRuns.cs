using OrleansStream.Checkpointing;
using OrleansStream.Engine.Jobs;

namespace OrleansStream.Engine.Tests.Jobs;

/// <summary>What the tests of jobs share.</summary>
internal static class JobRuns
{
    /// <summary>A cluster whose clock runs, so that there are periodic checkpoints in the middle.</summary>
    public static SeededCluster Cluster(long seed = 1, ICheckpointStore? store = null) => new(seed, store, new SeededOptions { StepsPerMs = 10 });

    public static JobOptions Options(int parallelism = 2, int batch = 7) => new()
    {
        Parallelism = parallelism,
        BatchSize = batch,
        WatermarkInterval = TimeSpan.Zero,
        Checkpointing = new CheckpointOptions { Interval = TimeSpan.FromMilliseconds(10), Directory = "seeded" },
        Restart = new RestartOptions { Strategy = RestartKind.FixedDelay, Attempts = 20, Delay = TimeSpan.FromMilliseconds(3) },
    };

    /// <summary>The options of a job that takes checkpoints when it is told.</summary>
    public static JobOptions Manual(int parallelism = 2, int batch = 7) => Options(parallelism, batch) with { Checkpointing = new CheckpointOptions() };

    public static JobOutcome MustFinish(JobOutcome outcome)
    {
        Assert.True(outcome.Error is null, outcome.Error?.ToString());
        Assert.Equal(JobState.Finished, outcome.State);
        return outcome;
    }
}
