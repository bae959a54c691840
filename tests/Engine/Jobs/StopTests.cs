using OrleansStream.Engine.Checkpointing;
using OrleansStream.Engine.Jobs;
using OrleansStream.Engine.Tests.GoldenJobs;

namespace OrleansStream.Engine.Tests.Jobs;

public sealed class StopTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void A_stop_without_drain_fires_no_open_window_and_the_restored_job_goes_on_exactly(int after)
    {
        for (int seed = 1; seed <= 5; seed++)
        {
            WindowJob job = new();
            SeededCluster cluster = Held(job, seed, out SeededJob first);
            string path = first.StopWithSavepoint("stopped");
            Assert.Equal(JobState.Stopped, first.Outcome!.State);
            Assert.All(job.Output.Visible, row => Assert.Contains(row, job.Expected()));
            job.Gate.Limit = long.MaxValue;
            JobRuns.MustFinish(cluster.Submit("again", job.Define, JobRuns.Manual(after) with { FromSavepoint = path }).RunToOutcome());
            job.Output.RequireCommitted(job.Expected(), $"stopped and restored at {after}, seed {seed}");
        }
    }

    [Fact]
    public void A_stop_with_drain_fires_all_windows()
    {
        for (int seed = 1; seed <= 5; seed++)
        {
            WindowJob job = new();
            Held(job, seed, out SeededJob first);
            first.StopWithSavepoint("drained", drain: true);
            Assert.Equal(JobState.Stopped, first.Outcome!.State);
            job.Output.RequireCommitted(job.Expected(20), "drained");
        }
    }

    [Fact]
    public void A_stop_keeps_its_final_checkpoint_and_the_job_resumes_from_it()
    {
        WindowJob job = new();
        SeededCluster cluster = Held(job, 1, out SeededJob first);
        string path = first.Stop();
        cluster.Advance(TimeSpan.FromMinutes(1));
        Assert.True(cluster.Store.Exists(path));
        job.Gate.Limit = long.MaxValue;
        JobRuns.MustFinish(cluster.Submit("held", job.Define, JobRuns.Manual(3) with { Resume = true }).RunToOutcome());
        job.Output.RequireCommitted(job.Expected(), "resumed");
    }

    [Fact]
    public void A_savepoint_that_does_not_stop_the_job_can_be_restored_beside_it()
    {
        WindowJob job = new();
        SeededCluster cluster = Held(job, 1, out SeededJob first);
        string path = first.Savepoint("kept/one");
        cluster.Kill();
        job.Gate.Limit = long.MaxValue;
        JobRuns.MustFinish(cluster.Submit("beside", job.Define, JobRuns.Manual(1) with { FromSavepoint = path }).RunToOutcome());
        job.Output.RequireCommitted(job.Expected(), "from the savepoint");
        Assert.True(cluster.Store.Exists(path));
    }

    /// <summary>Ids in the other log are lower than that of the savepoint.</summary>
    [Fact]
    public void A_savepoint_with_a_high_id_restores_into_a_new_log_and_commits()
    {
        WindowJob job = new();
        SeededCluster cluster = Held(job, 1, out SeededJob first);
        for (int i = 0; i < 25; i++)
        {
            first.Checkpoint();
        }

        string path = first.StopWithSavepoint("high");
        job.Gate.Limit = long.MaxValue;
        SeededJob other = cluster.Submit("new log", job.Define, JobRuns.Options() with { FromSavepoint = path });
        cluster.RunSteps(150);
        cluster.Kill();
        JobOutcome outcome = JobRuns.MustFinish(cluster.Submit("new log", job.Define, JobRuns.Options() with { Resume = true }).RunToOutcome());
        Assert.True(outcome.LastCheckpoint > 26);
        job.Output.RequireCommitted(job.Expected(), "a high id");
    }

    [Fact]
    public void A_savepoint_folder_that_holds_files_is_refused_and_the_job_goes_on()
    {
        WindowJob job = new();
        SeededCluster cluster = Held(job, 1, out SeededJob first);
        first.Savepoint("mine");
        SeededAnswer second = first.AskSavepoint("mine", stop: true);
        cluster.RunUntil(() => second.IsThere, "the refusal");
        Assert.Contains("'mine' is not empty", Assert.IsType<CheckpointStorageException>(second.Error).Message, StringComparison.Ordinal);
        job.Gate.Limit = long.MaxValue;
        JobRuns.MustFinish(first.RunToOutcome());
        job.Output.RequireCommitted(job.Expected(), "went on");
    }

    [Fact]
    public void A_request_to_a_job_that_has_ended_is_answered()
    {
        WindowJob job = new();
        SeededCluster cluster = JobRuns.Cluster();
        SeededJob running = cluster.Submit("ended", job.Define, JobRuns.Manual());
        SeededAnswer early = running.AskCheckpoint();
        cluster.RunUntil(() => early.IsThere, "the first answer");
        Assert.Contains("Try again", early.Error!.Message, StringComparison.Ordinal);
        running.RunToEnd();
        cluster.RunUntil(() => cluster.Host.State.Count == 0, "the end of everything");
        SeededAnswer[] late = [running.AskCheckpoint(), running.AskStop(), running.AskSavepoint("late")];
        cluster.RunUntil(() => late.All(a => a.IsThere), "the answers");
        Assert.All(late, a => Assert.Contains("is Finished", a.Error!.Message, StringComparison.Ordinal));
        Assert.Equal(JobState.Finished, running.Cancel().State);
    }

    [Fact]
    public void A_stop_that_fails_restarts_the_job_and_says_so()
    {
        WindowJob job = new();
        FaultyCheckpointStore store = new(new OrleansStream.Engine.Checkpointing.InMemoryCheckpointStore());
        SeededCluster cluster = JobRuns.Cluster(1, store);
        job.Gate.Limit = 20;
        SeededJob running = cluster.Submit("held", job.Define, JobRuns.Manual() with { Restart = JobRuns.Options().Restart });
        running.RunToRunning();
        cluster.RunSteps(200);
        store.Before = op => op.Path.StartsWith("full/", StringComparison.Ordinal) && op.Kind == StoreOperationKind.Create ? StoreFault.Full(op.Path) : StoreFault.None;
        SeededAnswer answer = running.AskSavepoint("full", stop: true);
        cluster.RunUntil(() => answer.IsThere, "the answer");
        Assert.NotNull(answer.Error);
        job.Gate.Limit = long.MaxValue;
        Assert.Equal(1, JobRuns.MustFinish(running.RunToOutcome()).Restarts);
        job.Output.RequireCommitted(job.Expected(), "went on after the failed stop");
    }

    [Fact]
    public void A_cancelled_job_commits_nothing_more_and_runs_nothing()
    {
        WindowJob job = new();
        SeededCluster cluster = Held(job, 1, out SeededJob running);
        int visible = job.Output.Visible.Count;
        Assert.Equal(JobState.Cancelled, running.Cancel().State);
        cluster.Advance(TimeSpan.FromHours(1));
        Assert.Empty(cluster.Host.State);
        Assert.Equal(visible, job.Output.Visible.Count);
    }

    [Theory]
    [InlineData(CheckpointRetention.DeleteOnCancel)]
    [InlineData(CheckpointRetention.RetainOnCancel)]
    public void The_checkpoints_of_a_cancelled_job_are_deleted_also_the_newest_unless_they_are_retained(CheckpointRetention retention)
    {
        WindowJob job = new();
        job.Gate.Limit = 50;
        SeededCluster cluster = JobRuns.Cluster();
        JobOptions options = JobRuns.Manual();
        options = options with { Checkpointing = options.Checkpointing with { Retention = retention, Retained = 2 } };
        SeededJob running = cluster.Submit("cancelled", job.Define, options);
        running.RunToRunning();
        cluster.Advance(TimeSpan.FromSeconds(1));
        running.Checkpoint();
        running.Checkpoint();
        Assert.Equal(JobState.Cancelled, running.Cancel().State);
        bool deletes = retention == CheckpointRetention.DeleteOnCancel;
        Assert.Equal(deletes, !cluster.Store.List("cancelled").Any(f => f.Contains("/chk-", StringComparison.Ordinal)));
        JobLogState log = JobLogFiles.ReadAll(cluster.Store, "cancelled");
        Assert.Equal((JobEndState.Cancelled, deletes ? 0 : 2), (log.End, log.Retained.Count));
        Assert.Equal(deletes ? StartPointKind.Nothing : StartPointKind.Checkpoint, log.RestorePoint.Kind);

        // What is gone is begun again, under ids that were never used.
        job.Gate.Limit = long.MaxValue;
        JobRuns.MustFinish(cluster.Submit("cancelled", job.Define, options with { Resume = true }).RunToOutcome());
        Assert.True(JobLogFiles.ReadAll(cluster.Store, "cancelled").LastCommitting > log.LastCommitting);
    }

    /// <summary>A source ends while another one goes on: checkpoints and commits go on, also over a kill.</summary>
    [Fact]
    public void A_source_that_finished_early_holds_up_neither_checkpoints_nor_watermarks()
    {
        for (int seed = 1; seed <= 5; seed++)
        {
            FaultyJob job = new();
            job.Gate.Limit = 45;
            SeededCluster cluster = JobRuns.Cluster(seed);
            SeededJob first = cluster.Submit("early", job.Define, JobRuns.Manual());
            first.RunToRunning();
            cluster.Advance(TimeSpan.FromSeconds(1));
            first.Checkpoint();
            cluster.RunSteps(100);
            Assert.NotEmpty(job.Output.Visible);
            first.Checkpoint();
            cluster.Kill();
            job.Gate.Limit = long.MaxValue;
            JobRuns.MustFinish(cluster.Submit("early", job.Define, JobRuns.Manual(3) with { Resume = true }).RunToOutcome());
            job.Output.RequireCommitted(new FaultyJob().Expected(), "finished early");
        }
    }

    private static SeededCluster Held(WindowJob job, long seed, out SeededJob running)
    {
        job.Gate.Limit = 20;
        SeededCluster cluster = JobRuns.Cluster(seed);
        running = cluster.Submit("held", job.Define, JobRuns.Manual());
        running.RunToRunning();
        cluster.Advance(TimeSpan.FromMilliseconds(200));
        return cluster;
    }
}
