using OrleansStream.Checkpointing;
using OrleansStream.Engine.Checkpointing;
using OrleansStream.Engine.Jobs;

namespace OrleansStream.Engine.Tests.Jobs;

public sealed class StoreFailureTests
{
    private static readonly IReadOnlyList<string> s_expected = new FaultyJob(30).Expected();

    /// <summary>Simulation seed 213: the end was tried once, so that a master that took over would have run the job again.</summary>
    [Theory]
    [InlineData(1, true)]
    [InlineData(3, true)]
    [InlineData(1000, false)]
    public void The_end_of_a_job_is_noted_although_the_store_fails_for_a_while_and_the_job_ends_if_it_fails_for_ever(int times, bool isNoted)
    {
        FaultyJob job = new(30);
        InMemoryCheckpointStore inner = new();
        int failed = 0;
        SeededJob? running = null;
        FaultyCheckpointStore store = new(inner)
        {
            Before = op => op.Kind == StoreOperationKind.PutIfAbsent && running?.Status.State == JobState.Stopping && failed++ < times ? StoreFault.Full(op.Path) : StoreFault.None,
        };
        running = JobRuns.Cluster(1, store).Submit("faulty", job.Define, JobRuns.Options());
        JobRuns.MustFinish(running.RunToOutcome());
        Assert.True(failed > 0);
        Assert.Equal(isNoted ? JobEndState.Finished : null, JobLogFiles.ReadAll(inner, "faulty").End);
    }

    /// <summary>Every kind of fault at every operation on the store: reads, log appends, data files, metadata, deletions.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Any_store_operation_may_fail_and_the_output_is_exact(bool afterwards)
    {
        int operations = Operations();
        int stride = Stride(operations);
        for (int k = 0; k < operations; k += stride)
        {
            FaultyJob job = new(30);
            int at = k;
            FaultyCheckpointStore store = new(new InMemoryCheckpointStore())
            {
                Before = op => op.Number != at ? StoreFault.None
                    : afterwards ? StoreFault.FailsAfter(new CheckpointStorageException("the answer is lost")) : StoreFault.Full(op.Path),
            };
            SeededCluster cluster = JobRuns.Cluster(k + 1, store);
            JobRuns.MustFinish(cluster.Submit("faulty", job.Define, JobRuns.Options()).RunToOutcome());
            job.Output.RequireCommitted(s_expected, $"operation {k} fails");
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void The_process_may_die_at_any_store_operation_and_the_output_is_exact(bool afterwards)
    {
        int operations = Operations();
        int stride = Stride(operations);
        for (int k = 0; k < operations; k += stride)
        {
            FaultyJob job = new(30);
            int at = k;
            SeededCluster? cluster = null;
            FaultyCheckpointStore store = new(new InMemoryCheckpointStore());
            store.Before = op =>
            {
                if (op.Number < at || cluster is null)
                {
                    return StoreFault.None;
                }

                bool dies = !cluster.Host.HasCrashed;
                if (dies)
                {
                    cluster.Host.Crash();
                }

                return dies && afterwards
                    ? StoreFault.FailsAfter(new CheckpointStorageException("the process died"))
                    : StoreFault.Fails(new CheckpointStorageException("the process is dead"));
            };
            cluster = JobRuns.Cluster(k + 1, store);
            SeededJob first = cluster.Submit("faulty", job.Define, JobRuns.Options());
            while (!cluster.Host.HasCrashed && first.Outcome is null)
            {
                cluster.RunSteps(1);
            }

            Assert.True(cluster.Host.HasCrashed || first.Outcome is not null);
            store.Before = null;
            cluster.Kill();
            JobRuns.MustFinish(cluster.Submit("faulty", job.Define, JobRuns.Options(1 + (k % 3)) with { Resume = true }).RunToOutcome());
            job.Output.RequireCommitted(s_expected, $"death at operation {k}");
        }
    }

    [Fact]
    public void A_declined_checkpoint_loses_nothing_of_a_sink_and_the_next_one_commits_it()
    {
        FaultyJob job = new();
        FaultyCheckpointStore store = new(new InMemoryCheckpointStore());
        int failures = 0;
        store.Before = op => op.Kind == StoreOperationKind.Create && ++failures % 3 == 0 ? StoreFault.Full(op.Path) : StoreFault.None;
        SeededCluster cluster = JobRuns.Cluster(3, store);
        JobOptions options = JobRuns.Options();
        options = options with { Checkpointing = options.Checkpointing with { TolerableFailures = 1000 } };
        SeededJob running = cluster.Submit("faulty", job.Define, options);
        cluster.RunUntil(() => failures > 40 || running.Outcome is not null, "failed checkpoints");
        store.Before = null;
        JobOutcome outcome = JobRuns.MustFinish(running.RunToOutcome());
        Assert.Equal(0, outcome.Restarts);
        job.Output.RequireCommitted(new FaultyJob().Expected(), "declined checkpoints");
    }

    [Fact]
    public void More_failed_checkpoints_in_a_row_than_tolerable_restart_the_job_and_one_less_does_not()
    {
        foreach (int tolerable in new[] { 0, 1, 2 })
        {
            FaultyJob job = new(30);
            FaultyCheckpointStore store = new(new InMemoryCheckpointStore());
            HashSet<string> refused = [];
            store.Before = op =>
            {
                string folder = op.Path.Split("/state-")[0];
                bool refuse = op.Kind == StoreOperationKind.Create && (refused.Contains(folder) || refused.Count < 2);
                if (refuse)
                {
                    refused.Add(folder);
                }

                return refuse ? StoreFault.Full(op.Path) : StoreFault.None;
            };
            JobOptions options = JobRuns.Options();
            options = options with { Checkpointing = options.Checkpointing with { TolerableFailures = tolerable } };
            JobOutcome outcome = JobRuns.MustFinish(JobRuns.Cluster(4, store).Submit("faulty", job.Define, options).RunToOutcome());
            Assert.Equal(tolerable switch { 0 => 2, 1 => 1, _ => 0 }, outcome.Restarts);
            job.Output.RequireCommitted(s_expected, $"{tolerable} tolerable");
        }
    }

    [Theory]
    [InlineData("state-")]
    [InlineData("metadata")]
    public void A_torn_file_of_a_checkpoint_is_refused_by_name_on_restore_and_not_read_again_and_again(string file)
    {
        FaultyJob job = new();
        FaultyCheckpointStore store = new(new InMemoryCheckpointStore());
        SeededCluster cluster = JobRuns.Cluster(1, store);
        job.Gate.Limit = 20;
        SeededJob first = cluster.Submit("faulty", job.Define, JobRuns.Manual());
        first.RunToRunning();
        cluster.RunSteps(100);
        string? torn = null;
        store.Before = op =>
        {
            if (torn is null && op.Path.Contains(file, StringComparison.Ordinal) && (op.Kind is StoreOperationKind.Write or StoreOperationKind.PutIfAbsent))
            {
                torn = op.Path;
                return StoreFault.Torn(op.Length / 2);
            }

            return StoreFault.None;
        };
        first.Checkpoint();
        Assert.NotNull(torn);
        cluster.Kill();
        JobOutcome outcome = cluster.Submit(
            "faulty", job.Define, JobRuns.Manual() with { Resume = true, Restart = new RestartOptions { Strategy = RestartKind.ExponentialDelay } }).RunToOutcome();
        Assert.Equal(JobState.Failed, outcome.State);
        Assert.Equal(0, outcome.Restarts);
        CheckpointStorageException error = Assert.IsType<CheckpointStorageException>(outcome.Error);
        Assert.Contains(torn, error.Message, StringComparison.Ordinal);
    }

    private static int Operations()
    {
        FaultyCheckpointStore store = new(new InMemoryCheckpointStore());
        JobRuns.MustFinish(JobRuns.Cluster(1, store).Submit("faulty", new FaultyJob(30).Define, JobRuns.Options()).RunToOutcome());
        return store.Operations.Count;
    }

    // All of them with OSTEST_SEEDS, else about 120.
    private static int Stride(int operations) => Environment.GetEnvironmentVariable("OSTEST_SEEDS") is null ? Math.Max(1, operations / 120) : 1;
}
