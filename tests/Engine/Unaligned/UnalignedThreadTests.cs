using Microsoft.Extensions.DependencyInjection;
using OrleansStream.Checkpointing;
using OrleansStream.Engine.Checkpointing;
using OrleansStream.Engine.Jobs;
using OrleansStream.Engine.Tests.GoldenJobs;
using OrleansStream.Hosting;

namespace OrleansStream.Engine.Tests.Unaligned;

/// <summary>The golden jobs on worker threads with unaligned checkpoints.</summary>
public sealed class UnalignedThreadTests
{
    private static readonly TimeSpan s_deadline = TimeSpan.FromMinutes(1);

    public static TheoryData<string> Jobs => [.. AllGoldenJobs.Names];

    [Theory]
    [MemberData(nameof(Jobs))]
    public async Task A_golden_job_on_worker_threads_cancelled_between_unaligned_checkpoints_and_resumed_gives_its_output(string name)
    {
        GoldenJob job = AllGoldenJobs.Find(name);
        foreach ((int before, int after, int timeoutMs) in new[] { (2, 2, 0), (2, 3, 0), (3, 2, 1) })
        {
            CollectedResults results = new();
            ICheckpointStore store = new InMemoryCheckpointStore();
            await using LocalCluster cluster = new(new LocalClusterOptions { Workers = 2 }, new ServiceCollection().AddSingleton(results).BuildServiceProvider());
            LocalJob first = cluster.Submit("golden", () => new DefinedJob(job.Define), Options(job, before, timeoutMs), store);
            await Until(() => first.Status.LastCheckpoint > 2 || first.Completion.IsCompleted);
            await first.CancelAsync().WaitAsync(s_deadline);
            if (first.Status.State == JobState.Cancelled)
            {
                LocalJob second = cluster.Submit("golden", () => new DefinedJob(job.Define), Options(job, after, timeoutMs) with { Resume = true }, store);
                Assert.Equal(JobState.Finished, (await second.WaitAsync(new CancellationTokenSource(s_deadline).Token)).State);
            }

            Golden.Compare($"on threads from parallelism {before} to {after}", job.Expected, results.Get<string>("out"));
        }
    }

    private static JobOptions Options(GoldenJob job, int parallelism, int timeoutMs) => new()
    {
        Parallelism = parallelism,
        BatchSize = 4,
        WatermarkPerRecord = job.PerRecord,
        WatermarkInterval = TimeSpan.FromMilliseconds(1),
        Checkpointing = new CheckpointOptions
        {
            Interval = TimeSpan.FromMilliseconds(1),
            Directory = "memory",
            Unaligned = true,
            AlignedTimeout = TimeSpan.FromMilliseconds(timeoutMs),
            Retention = CheckpointRetention.RetainOnCancel,
        },
    };

    private static async Task Until(Func<bool> condition)
    {
        CancellationToken deadline = new CancellationTokenSource(s_deadline).Token;
        while (!condition())
        {
            Assert.False(deadline.IsCancellationRequested, "Waited too long for checkpoints.");
            await Task.Yield();
        }
    }
}
