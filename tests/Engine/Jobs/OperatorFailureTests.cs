using OrleansStream.Engine.Jobs;

namespace OrleansStream.Engine.Tests.Jobs;

public sealed class OperatorFailureTests
{
    private static readonly IReadOnlyList<string> s_expected = new FaultyJob().Expected();

    public static TheoryData<string> Places => [.. FaultyJob.Places];

    [Theory]
    [MemberData(nameof(Places))]
    public void A_failure_anywhere_restarts_the_job_and_the_output_is_exact(string place)
    {
        int thrown = 0;
        foreach ((int at, int times) in new[] { (1, 1), (2, 3), (9, 1), (40, 2) })
        {
            foreach (long seed in new[] { 1, 2 })
            {
                FaultyJob job = new() { Faults = new Faults { Place = place, At = at, Times = times } };
                SeededCluster cluster = JobRuns.Cluster(seed + at);
                JobOutcome outcome = JobRuns.MustFinish(cluster.Submit("faulty", job.Define, JobRuns.Options()).RunToOutcome());
                thrown += job.Faults.HasThrown ? 1 : 0;
                Assert.Equal(job.Faults.HasThrown, outcome.Restarts > 0);
                job.Output.RequireCommitted(s_expected, $"{place} at {at}, seed {seed}");
            }
        }

        Assert.True(thrown > 0, "The place was never reached.");
    }

    [Theory]
    [InlineData("commit")]
    [InlineData("committed")]
    public void A_commit_that_fails_is_repeated_until_it_succeeds_without_a_restart(string place)
    {
        FaultyJob job = new() { Faults = new Faults { Place = place, At = 2, Times = 9 } };
        SeededCluster cluster = JobRuns.Cluster();
        JobOutcome outcome = JobRuns.MustFinish(cluster.Submit("faulty", job.Define, JobRuns.Options()).RunToOutcome());
        Assert.Equal(0, outcome.Restarts);
        Assert.Contains(cluster.Host.LogLines, l => l.Contains("could not commit up to checkpoint", StringComparison.Ordinal));
        job.Output.RequireCommitted(s_expected, place);
    }

    [Theory]
    [InlineData("close writer")]
    [InlineData("close committer")]
    public void A_failure_to_close_is_a_warning(string place)
    {
        FaultyJob job = new() { Faults = new Faults { Place = place, Times = 100 } };
        SeededCluster cluster = JobRuns.Cluster();
        JobRuns.MustFinish(cluster.Submit("faulty", job.Define, JobRuns.Options()).RunToOutcome());
        Assert.Contains(cluster.Host.LogLines, l => l.Contains("closing failed", StringComparison.Ordinal));
        job.Output.RequireCommitted(s_expected, place);
    }

    [Fact]
    public void A_failure_names_operator_subtask_and_record()
    {
        FaultyJob job = new() { Faults = new Faults { Place = "keyed", At = 5 } };
        JobOutcome outcome = JobRuns.Cluster().Submit("faulty", job.Define, JobRuns.Options() with { Restart = new RestartOptions { Strategy = RestartKind.None } }).RunToOutcome();
        Assert.Equal(JobState.Failed, outcome.State);
        UserCodeException error = Assert.IsType<UserCodeException>(outcome.Error);
        Assert.Contains("Operator 'Timed' (subtask ", error.Message, StringComparison.Ordinal);
        Assert.Contains("Reading {", error.Message, StringComparison.Ordinal);
        Assert.Equal(FaultOrigin.UserCode, error.Origin);
    }
}
