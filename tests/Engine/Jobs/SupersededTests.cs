using OrleansStream.Checkpointing;
using OrleansStream.Engine.Checkpointing;
using OrleansStream.Engine.Jobs;

namespace OrleansStream.Engine.Tests.Jobs;

public sealed class SupersededTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void The_later_process_takes_over_and_the_earlier_stops_at_its_next_log_entry(bool resume)
    {
        (WindowJob job, SeededCluster earlier, SeededJob first, SeededCluster later, SeededJob second) = TwoProcesses(resume);
        SeededAnswer answer = first.AskCheckpoint();
        JobOutcome outcome = first.RunToOutcome();
        Assert.NotNull(answer.Error);
        RequireSuperseded(outcome);
        int visible = job.Output.Visible.Count;
        earlier.Advance(TimeSpan.FromHours(1));
        Assert.Equal(visible, job.Output.Visible.Count);
        Finish(resume, job, later, second);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void The_earlier_process_does_not_take_the_job_back_when_its_attempt_fails(bool resume)
    {
        (WindowJob job, SeededCluster earlier, SeededJob first, SeededCluster later, SeededJob second) = TwoProcesses(resume, failing: true);
        job.Gate.Limit = 30;
        JobOutcome outcome = first.RunToOutcome();
        RequireSuperseded(outcome);
        Assert.True(job.Faults.HasThrown);
        Finish(resume, job, later, second);
    }

    [Fact]
    public void The_earlier_process_cannot_end_the_job_either()
    {
        (WindowJob job, SeededCluster earlier, SeededJob first, SeededCluster later, SeededJob second) = TwoProcesses(resume: true);
        job.Gate.Limit = long.MaxValue;
        RequireSuperseded(first.RunToOutcome());
        Finish(true, job, later, second);
    }

    [Fact]
    public void Two_processes_that_start_at_once_agree_on_who_is_later()
    {
        for (int seed = 1; seed <= 20; seed++)
        {
            WindowJob job = new();
            SeededRandom random = new(seed);
            SeededCluster one = JobRuns.Cluster(seed);
            SeededCluster two = one.AnotherProcess();
            SeededJob first = one.Submit("shared", job.Define, JobRuns.Options());
            SeededJob second = two.Submit("shared", job.Define, JobRuns.Options() with { Resume = true });
            while (first.Outcome is null || second.Outcome is null)
            {
                SeededCluster next = random.Next(2) == 0 ? one : two;
                next.RunSteps(1 + random.Next(20));
            }

            JobOutcome[] outcomes = [first.Outcome, second.Outcome];
            Assert.Contains(outcomes, o => o.State == JobState.Finished);
            Assert.All(outcomes, o => Assert.True(o.State == JobState.Finished || o.Error is SupersededException, o.Error?.ToString()));
        }
    }

    /// <summary>Found by the simulation: all was done and committed when another master claimed the job, and the end was not in the log.</summary>
    [Fact]
    public void A_job_that_is_taken_over_before_its_end_is_in_the_log_does_not_say_that_it_has_finished()
    {
        int entries = 0;
        for (int run = 0; run < 2; run++)
        {
            WindowJob job = new();
            job.Gate.Limit = long.MaxValue;
            InMemoryCheckpointStore inner = new();
            FaultyCheckpointStore store = new(inner);
            int seen = 0;
            bool takesOver = run == 1;
            store.Before = op =>
            {
                if (op.Kind == StoreOperationKind.PutIfAbsent && op.Path.Contains("/log/", StringComparison.Ordinal) && ++seen == entries && takesOver)
                {
                    // The entry that is about to be put is the last one: the end.
                    JobLogWriter.Open(inner, "shared").StartAttempt(s => s.RestorePoint, "somebody else", "claim");
                }

                return StoreFault.None;
            };
            JobOutcome outcome = JobRuns.Cluster(1, store).Submit("shared", job.Define, JobRuns.Options()).RunToOutcome();
            if (takesOver)
            {
                Assert.Equal(JobState.Failed, outcome.State);
                Assert.Contains("somebody else", Assert.IsType<SupersededException>(outcome.Error).Message, StringComparison.Ordinal);
            }
            else
            {
                JobRuns.MustFinish(outcome);
                entries = seen;
            }

            job.Output.RequireCommitted(job.Expected(), "both ways");
        }
    }

    private static (WindowJob Job, SeededCluster Earlier, SeededJob First, SeededCluster Later, SeededJob Second) TwoProcesses(bool resume, bool failing = false)
    {
        WindowJob job = new() { Faults = new Faults { Place = failing ? "map" : null, At = 45 } };
        job.Gate.Limit = 20;
        SeededCluster earlier = JobRuns.Cluster();
        SeededJob first = earlier.Submit("shared", job.Define, JobRuns.Manual());
        first.RunToRunning();
        earlier.RunSteps(200);
        first.Checkpoint();
        earlier.RunSteps(50);
        SeededCluster later = earlier.AnotherProcess();
        // The later process has no faults; the world outside is the same.
        SeededJob second = later.Submit("shared", env => job.DefineWith(env, new Faults()), JobRuns.Manual() with { Resume = resume });
        second.RunToRunning();
        return (job, earlier, first, later, second);
    }

    private static void RequireSuperseded(JobOutcome outcome)
    {
        Assert.Equal(JobState.Failed, outcome.State);
        SupersededException error = Assert.IsType<SupersededException>(outcome.Error);
        Assert.Contains("taken over by seeded process 2 with attempt 2", error.Message, StringComparison.Ordinal);
    }

    private static void Finish(bool resume, WindowJob job, SeededCluster later, SeededJob second)
    {
        job.Gate.Limit = long.MaxValue;
        JobRuns.MustFinish(second.RunToOutcome());
        if (resume)
        {
            job.Output.RequireCommitted(job.Expected(), "taken over");
        }

        Assert.Empty(job.Output.Violations);
        later.Advance(TimeSpan.FromMinutes(1));
    }
}
