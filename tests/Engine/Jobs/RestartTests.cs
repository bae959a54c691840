using OrleansStream.Engine.Jobs;

namespace OrleansStream.Engine.Tests.Jobs;

public sealed class RestartTests
{
    [Fact]
    public void Fixed_delay_restarts_so_often_and_then_gives_up()
    {
        (long[] starts, JobOutcome? outcome) = Run(new RestartOptions { Strategy = RestartKind.FixedDelay, Attempts = 3, Delay = TimeSpan.FromSeconds(2) }, 100);
        Assert.Equal([2000, 2000, 2000], Pauses(starts));
        Assert.Equal(JobState.Failed, outcome!.State);
        Assert.Equal(3, outcome.Restarts);
        Assert.IsType<UserCodeException>(outcome.Error);
    }

    [Fact]
    public void Exponential_delay_grows_to_its_largest_pause_and_never_gives_up()
    {
        (long[] starts, JobOutcome? outcome) = Run(
            new RestartOptions
            {
                Strategy = RestartKind.ExponentialDelay, InitialDelay = TimeSpan.FromSeconds(1), Multiplier = 2, MaxDelay = TimeSpan.FromSeconds(5), Jitter = 0,
            },
            30);
        Assert.Equal([1000, 2000, 4000, 5000, 5000], Pauses(starts).Take(5));
        Assert.Null(outcome);
    }

    [Fact]
    public void Exponential_delay_begins_anew_after_a_quiet_time()
    {
        RestartPolicy policy = new(
            new RestartOptions { InitialDelay = TimeSpan.FromSeconds(1), Multiplier = 3, Jitter = 0, ResetAfter = TimeSpan.FromMinutes(10) }, hasCheckpoints: true);
        Assert.Equal(1000, policy.OnFailure(0, 0.5));
        Assert.Equal(3000, policy.OnFailure(5_000, 0.5));
        Assert.Equal(9000, policy.OnFailure(605_000, 0.5));
        Assert.Equal(1000, policy.OnFailure(605_000 + 600_001, 0.5));
    }

    [Fact]
    public void Jitter_moves_the_pause_by_its_part_either_way()
    {
        RestartOptions options = new() { InitialDelay = TimeSpan.FromSeconds(10), Jitter = 0.1 };
        Assert.Equal(9000, new RestartPolicy(options, true).OnFailure(0, 0));
        Assert.Equal(10_000, new RestartPolicy(options, true).OnFailure(0, 0.5));
    }

    [Fact]
    public void Failure_rate_gives_up_when_failures_come_too_often()
    {
        (long[] starts, JobOutcome? outcome) = Run(
            new RestartOptions { Strategy = RestartKind.FailureRate, Failures = 2, FailureInterval = TimeSpan.FromSeconds(10), Delay = TimeSpan.FromSeconds(1) }, 100);
        Assert.Equal([1000, 1000], Pauses(starts));
        Assert.Equal(JobState.Failed, outcome!.State);
    }

    [Fact]
    public void Failure_rate_goes_on_for_ever_when_failures_are_rare()
    {
        (long[] starts, JobOutcome? outcome) = Run(
            new RestartOptions { Strategy = RestartKind.FailureRate, Failures = 2, FailureInterval = TimeSpan.FromSeconds(10), Delay = TimeSpan.FromSeconds(6) }, 100);
        Assert.True(starts.Length > 10);
        Assert.Null(outcome);
    }

    [Fact]
    public void Without_a_strategy_the_first_failure_is_the_end()
    {
        (long[] starts, JobOutcome? outcome) = Run(new RestartOptions { Strategy = RestartKind.None }, 10);
        Assert.Single(starts);
        Assert.Equal(JobState.Failed, outcome!.State);
    }

    [Fact]
    public void An_error_that_a_retry_cannot_help_is_the_end_at_once()
    {
        int defines = 0;
        JobOutcome outcome = JobRuns.Cluster().Submit(
            "wrong",
            _ =>
            {
                defines++;
                throw new JobDefinitionException("wrong for ever");
            },
            JobRuns.Options()).RunToOutcome();
        Assert.Equal(JobState.Failed, outcome.State);
        Assert.IsType<JobDefinitionException>(outcome.Error);
        Assert.Equal(1, defines);
    }

    [Fact]
    public void A_job_can_be_cancelled_in_the_pause_before_a_restart()
    {
        WindowJob job = new() { Faults = new Faults { Place = "map", Times = 1000 } };
        SeededCluster cluster = JobRuns.Cluster();
        SeededJob running = cluster.Submit("waiting", job.Define, JobRuns.Options() with { Restart = new RestartOptions { Strategy = RestartKind.ExponentialDelay, InitialDelay = TimeSpan.FromMinutes(1) } });
        cluster.RunUntil(() => running.Status.State == JobState.Waiting, "the pause");
        Assert.Equal(JobState.Cancelled, running.Cancel().State);
    }

    /// <summary>The first claim may fail; what the job was told to start from stays.</summary>
    [Fact]
    public void A_first_start_that_is_repeated_still_starts_from_what_was_asked_for()
    {
        WindowJob job = new();
        FaultyCheckpointStore store = new(new OrleansStream.Engine.Checkpointing.InMemoryCheckpointStore());
        SeededCluster cluster = JobRuns.Cluster(1, store);
        job.Gate.Limit = 20;
        SeededJob first = cluster.Submit("again", job.Define, JobRuns.Manual());
        first.RunToRunning();
        cluster.RunSteps(200);
        first.Checkpoint();
        cluster.Kill();
        int claims = 0;
        store.Before = op => op.Kind == StoreOperationKind.PutIfAbsent && ++claims == 1 ? StoreFault.Full(op.Path) : StoreFault.None;
        WindowJob second = new();
        JobRuns.MustFinish(cluster.Submit("again", second.Define, JobRuns.Manual()).RunToOutcome());
        Assert.True(claims > 1);
        second.Output.RequireCommitted(second.Expected(), "a fresh start, not a resume");
    }

    /// <summary>The entry is in the log; without knowing it again the process would think that another one took over.</summary>
    [Fact]
    public void A_restart_whose_claim_was_appended_but_not_answered_goes_on()
    {
        WindowJob job = new() { Faults = new Faults { Place = "map", At = 30 } };
        FaultyCheckpointStore store = new(new OrleansStream.Engine.Checkpointing.InMemoryCheckpointStore());
        bool lost = false;
        store.Before = op =>
        {
            if (lost || op.Kind != StoreOperationKind.PutIfAbsent || !job.Faults.HasThrown)
            {
                return StoreFault.None;
            }

            lost = true;
            return StoreFault.FailsAfter(new CheckpointStorageException("the answer is lost"));
        };
        JobRuns.MustFinish(JobRuns.Cluster(1, store).Submit("claims", job.Define, JobRuns.Manual() with { Restart = JobRuns.Options().Restart }).RunToOutcome());
        Assert.True(lost);
        job.Output.RequireCommitted(job.Expected(), "a lost answer");
    }

    private static (long[] Starts, JobOutcome? Outcome) Run(RestartOptions restart, int seconds)
    {
        SeededCluster cluster = new(1);
        List<long> starts = [];
        WindowJob job = new() { Faults = new Faults { Place = "map", Times = int.MaxValue - 2 } };
        job.Gate.OnDiscover = () => starts.Add(cluster.NowMs);
        SeededJob running = cluster.Submit("failing", job.Define, JobRuns.Manual() with { Restart = restart });
        cluster.Advance(TimeSpan.FromSeconds(seconds));
        return ([.. starts], running.Outcome);
    }

    private static long[] Pauses(long[] starts) => [.. starts.Skip(1).Zip(starts, (next, before) => next - before)];
}
