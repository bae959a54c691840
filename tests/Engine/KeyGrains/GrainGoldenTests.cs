using Microsoft.Extensions.DependencyInjection;
using OrleansStream.Checkpointing;
using OrleansStream.Engine.Checkpointing;
using OrleansStream.Engine.Tests.GoldenJobs;
using OrleansStream.Hosting;

namespace OrleansStream.Engine.Tests.KeyGrains;

/// <summary>All golden jobs with keyed process functions, an object per key, in all ways; and from one execution to the other.</summary>
public sealed class GrainGoldenTests
{
    private static readonly JobOptions s_grains = new() { Keyed = new KeyedOptions { Execution = KeyedExecution.Grain, MaxActiveGrains = 3 } };

    public static TheoryData<string> Jobs => [.. AllGoldenJobs.WithKeyedFunctions];

    [Fact]
    public void Golden_jobs_with_keyed_process_functions_over_one_and_two_streams_are_among_them() =>
        Assert.All([KeyedJobs.States(), KeyedJobs.Connected(), JoinJobs.BetweenTimes(), JoinJobs.Anytime(), GrainJobs.Accounts()], job => Assert.Contains(job.Name, AllGoldenJobs.WithKeyedFunctions));

    [Theory]
    [MemberData(nameof(Jobs))]
    public void A_golden_job_run_per_key_gives_the_same_output(string name)
    {
        GoldenJob job = AllGoldenJobs.Find(name);
        Golden.VerifyWhole(job.Define, job.Expected, job.Options with { Job = s_grains, BatchSizes = [1, 64], FirstSeed = 701 });
        Golden.VerifyKilled(job.Define, job.Expected, job.Options with { Job = s_grains, BatchSizes = [7], FirstSeed = 702 });
        Golden.VerifyStopped(job.Define, job.Expected, job.Options with { Job = s_grains, BatchSizes = [7], FirstSeed = 703 });
    }

    [Theory]
    [MemberData(nameof(Jobs))]
    public void A_golden_job_run_per_key_with_unaligned_checkpoints_gives_the_same_output(string name)
    {
        GoldenJob job = AllGoldenJobs.Find(name);
        JobOptions unaligned = s_grains with { Checkpointing = new CheckpointOptions { Unaligned = true } };
        Golden.VerifyKilled(job.Define, job.Expected, job.Options with { Job = unaligned, BatchSizes = [1, 7], FirstSeed = 704 });
    }

    [Theory]
    [MemberData(nameof(Jobs))]
    public void A_savepoint_of_one_execution_goes_on_in_the_other(string name)
    {
        GoldenJob job = AllGoldenJobs.Find(name);
        foreach ((KeyedExecution before, KeyedExecution after) in new[] { (KeyedExecution.Grain, KeyedExecution.Vectorized), (KeyedExecution.Vectorized, KeyedExecution.Grain) })
        {
            for (int steps = 60; steps <= 1000; steps *= 4)
            {
                SeededCluster cluster = new(steps);
                SeededJob first = cluster.Submit("before", job.Define, Options(before));
                first.RunToRunning();
                cluster.RunSteps(steps);
                SeededAnswer answer = first.AskSavepoint("stopped", stop: true);
                first.RunToEnd();
                cluster.RunUntil(() => answer.IsThere, "the savepoint");
                if (answer.Error is null)
                {
                    cluster.Submit("after", job.Define, Options(after) with { FromSavepoint = answer.Path }).RunToEnd();
                }

                Golden.Compare($"{before} then {after}, {steps} steps", job.Expected, cluster.Results.Get<string>("out"));
            }
        }

        JobOptions Options(KeyedExecution execution) => new()
        {
            Parallelism = 2, BatchSize = 7, WatermarkInterval = TimeSpan.Zero, WatermarkPerRecord = job.PerRecord, Keyed = new KeyedOptions { Execution = execution },
        };
    }

    [Theory]
    [MemberData(nameof(Jobs))]
    public async Task A_golden_job_run_per_key_on_worker_threads_gives_the_same_output(string name)
    {
        GoldenJob job = AllGoldenJobs.Find(name);
        foreach ((int parallelism, int batch) in new[] { (1, 1024), (2, 3) })
        {
            CollectedResults results = new();
            await using LocalCluster cluster = new(new LocalClusterOptions { Workers = 2 }, new ServiceCollection().AddSingleton(results).BuildServiceProvider());
            JobOptions options = s_grains with
            {
                Parallelism = parallelism, BatchSize = batch, WatermarkPerRecord = job.PerRecord,
                Checkpointing = new CheckpointOptions { Interval = TimeSpan.FromMilliseconds(5), Directory = "memory" },
            };
            await cluster.Submit("golden", () => new DefinedJob(job.Define), options, new InMemoryCheckpointStore())
                .WaitAsync(new CancellationTokenSource(TimeSpan.FromMinutes(1)).Token);
            Golden.Compare($"on threads at parallelism {parallelism}, batch size {batch}", job.Expected, results.Get<string>("out"));
        }
    }
}
