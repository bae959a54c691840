using OrleansStream.Engine.Checkpointing;
using OrleansStream.Engine.Jobs;

namespace OrleansStream.Engine.Tests.Jobs;

public sealed class CheckpointLifecycleTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void So_many_checkpoints_are_kept_as_the_options_say_and_their_files_with_them(int retained)
    {
        for (int seed = 1; seed <= 20; seed++)
        {
            WindowJob job = new();
            job.Gate.Limit = 20;
            SeededCluster cluster = JobRuns.Cluster(seed);
            SeededJob running = cluster.Submit("kept", job.Define, JobRuns.Manual() with { Checkpointing = new CheckpointOptions { Retained = retained } });
            running.RunToRunning();
            for (int i = 0; i < 5; i++)
            {
                running.Checkpoint();
                cluster.Advance(TimeSpan.FromMilliseconds(10));
            }

            Assert.Equal(retained, Folders(cluster).Count);
            cluster.Kill();
            job.Gate.Limit = long.MaxValue;
            JobRuns.MustFinish(cluster.Submit("kept", job.Define, JobRuns.Manual() with { Resume = true }).RunToOutcome());
            // When the job has ended nothing of it is still under way.
            Assert.DoesNotContain(cluster.Host.State, s => s.StartsWith("background", StringComparison.Ordinal));
            Assert.Single(Folders(cluster));
            job.Output.RequireCommitted(job.Expected(), "kept");
        }
    }

    [Fact]
    public void Files_of_checkpoints_that_a_dead_process_left_are_deleted_by_the_next()
    {
        WindowJob job = new();
        job.Gate.Limit = 20;
        SeededCluster cluster = JobRuns.Cluster();
        SeededJob running = cluster.Submit("left", job.Define, JobRuns.Manual());
        running.RunToRunning();
        running.Checkpoint();
        _ = running.AskCheckpoint();
        cluster.RunUntil(() => Folders(cluster).Count > 1, "files of the second checkpoint");
        cluster.Kill();
        SeededJob next = cluster.Submit("left", job.Define, JobRuns.Manual() with { Resume = true });
        next.RunToRunning();
        Assert.Single(Folders(cluster));
    }

    /// <summary>While the sink takes nothing no barrier comes through: the checkpoint times out, the next one is not held up by it.</summary>
    [Fact]
    public void A_checkpoint_that_times_out_is_given_up_and_a_later_one_completes()
    {
        for (int seed = 1; seed <= 5; seed++)
        {
            FaultyJob job = new();
            job.Output.Accepts = false;
            JobOptions options = JobRuns.Options();
            options = options with { Checkpointing = options.Checkpointing with { TolerableFailures = 1000, Timeout = TimeSpan.FromMilliseconds(40), MaxConcurrent = 1 + (seed % 3) } };
            SeededCluster cluster = JobRuns.Cluster(seed);
            SeededJob running = cluster.Submit("slow", job.Define, options);
            cluster.Advance(TimeSpan.FromSeconds(2));
            Assert.True(cluster.Host.LogLines.Count(l => l.Contains("was given up", StringComparison.Ordinal)) > 5);
            Assert.Null(running.Status.LastCheckpoint);
            job.Output.Open();
            JobOutcome outcome = JobRuns.MustFinish(running.RunToOutcome());
            Assert.Equal(0, outcome.Restarts);
            job.Output.RequireCommitted(new FaultyJob().Expected(), "timed out");
        }
    }

    /// <summary>Barriers of several checkpoints are under way at once, in all channels.</summary>
    [Theory]
    [InlineData(CheckpointMode.ExactlyOnce)]
    [InlineData(CheckpointMode.AtLeastOnce)]
    public void Concurrent_checkpoints_all_complete(CheckpointMode mode)
    {
        IReadOnlyList<string> expected = new FaultyJob(300).Expected();
        for (int seed = 1; seed <= 5; seed++)
        {
            FaultyJob job = new(300);
            JobOptions options = JobRuns.Options();
            options = options with { Checkpointing = options.Checkpointing with { Interval = TimeSpan.FromMilliseconds(1), MaxConcurrent = 4, Mode = mode } };
            SeededCluster cluster = new(seed, null, new SeededOptions { StepsPerMs = 3 });
            JobOutcome outcome = JobRuns.MustFinish(cluster.Submit("many", job.Define, options).RunToOutcome());
            Assert.True(outcome.LastCheckpoint > 5, $"{outcome.LastCheckpoint}, seed {seed}, {cluster.Host.Steps} steps");
            job.Output.RequireCommitted(expected, $"concurrent, seed {seed}");
        }
    }

    [Fact]
    public void Output_is_visible_only_when_a_checkpoint_has_completed()
    {
        WindowJob job = new();
        job.Gate.Limit = 50;
        SeededCluster cluster = JobRuns.Cluster();
        SeededJob running = cluster.Submit("visible", job.Define, JobRuns.Manual());
        running.RunToRunning();
        cluster.Advance(TimeSpan.FromSeconds(1));
        Assert.Empty(job.Output.Visible);
        running.Checkpoint();
        cluster.Advance(TimeSpan.FromSeconds(1));
        Assert.NotEmpty(job.Output.Visible);
        running.Cancel();
    }

    /// <summary>The crash comes when the completion is in the log and before the sinks have heard of it.</summary>
    [Fact]
    public void A_crash_between_completion_and_commit_is_made_good_by_the_next_process()
    {
        for (int seed = 1; seed <= 10; seed++)
        {
            WindowJob job = new();
            job.Gate.Limit = 50;
            FaultyCheckpointStore store = new(new InMemoryCheckpointStore());
            SeededCluster cluster = JobRuns.Cluster(seed, store);
            SeededJob running = cluster.Submit("between", job.Define, JobRuns.Manual());
            running.RunToRunning();
            cluster.Advance(TimeSpan.FromSeconds(1));
            int entries = store.List("between/log").Count;
            _ = running.AskCheckpoint();
            cluster.RunUntil(() => store.List("between/log").Count > entries, "the completion in the log");
            cluster.Kill();
            Assert.Empty(job.Output.Visible);
            SeededJob next = cluster.Submit("between", job.Define, JobRuns.Manual(1 + (seed % 3)) with { Resume = true });
            next.RunToRunning();
            cluster.Advance(TimeSpan.FromSeconds(1));
            Assert.NotEmpty(job.Output.Visible);
            job.Gate.Limit = long.MaxValue;
            JobRuns.MustFinish(next.RunToOutcome());
            job.Output.RequireCommitted(job.Expected(), $"seed {seed}");
        }
    }

    /// <summary>A commit of a failed attempt that is still under way ends before the next attempt starts.</summary>
    [Fact]
    public void No_attempt_starts_while_an_older_one_still_commits()
    {
        for (int seed = 1; seed <= 60; seed++)
        {
            FaultyJob job = new() { Faults = new Faults { Place = "map", At = 20 + (seed % 70), Times = 3 } };
            JobOptions options = JobRuns.Options() with { Restart = new RestartOptions { Strategy = RestartKind.FixedDelay, Attempts = 5, Delay = TimeSpan.Zero } };
            options = options with { Checkpointing = options.Checkpointing with { Interval = TimeSpan.FromMilliseconds(1), MaxConcurrent = 3 } };
            SeededCluster cluster = new(seed, null, new SeededOptions { StepsPerMs = 4 });
            JobRuns.MustFinish(cluster.Submit("commits", job.Define, options).RunToOutcome());
            job.Output.RequireCommitted(new FaultyJob().Expected(), $"seed {seed}");
        }
    }

    /// <summary>The source fails at the moment when the completion is in the log, so that the commit and the closing of the attempt are under way at once.</summary>
    [Fact]
    public void A_commit_that_is_under_way_ends_before_its_committer_is_closed_and_another_attempt_starts()
    {
        for (int seed = 1; seed <= 100; seed++)
        {
            WindowJob job = new();
            job.Gate.Limit = 50;
            SeededCluster cluster = JobRuns.Cluster(seed);
            JobOptions options = JobRuns.Manual() with { Restart = new RestartOptions { Strategy = RestartKind.FixedDelay, Attempts = 5, Delay = TimeSpan.Zero } };
            SeededJob running = cluster.Submit("under way", job.Define, options);
            running.RunToRunning();
            cluster.Advance(TimeSpan.FromSeconds(1));
            bool thrown = false;
            job.Gate.OnEmit = _ =>
            {
                if (!thrown)
                {
                    thrown = true;
                    throw new InjectedException("the source fails while sinks commit");
                }
            };
            long before = running.Status.LastCheckpoint ?? 0;
            _ = running.AskCheckpoint();
            cluster.RunUntil(() => (running.Status.LastCheckpoint ?? 0) > before, "the completion");
            cluster.RunSteps(seed % 8);
            job.Gate.Limit = long.MaxValue;
            Assert.Equal(1, JobRuns.MustFinish(running.RunToOutcome()).Restarts);
            job.Output.RequireCommitted(job.Expected(), $"seed {seed}");
        }
    }

    /// <summary>Two sinks in one chain: the file of the snapshot fails when the first has been prepared.</summary>
    [Fact]
    public void A_full_store_loses_the_epoch_of_no_sink_of_a_chain()
    {
        ExternalOutput one = new();
        ExternalOutput two = new();
        SourceGateHolder gate = new();
        FaultyCheckpointStore store = new(new InMemoryCheckpointStore());
        SeededCluster cluster = JobRuns.Cluster(1, store);
        JobOptions options = JobRuns.Manual(1) with { Checkpointing = new CheckpointOptions { TolerableFailures = 100 } };
        SeededJob running = cluster.Submit(
            "two sinks",
            env =>
            {
                OperatorStream<string> rows = env.FromSource(new GoldenJobs.ListSource<int>("numbers", [[.. Enumerable.Range(0, 100)]], gate: gate.Gate)).Map(v => $"{v}");
                rows.SinkTo(new ExternalSink(one, new Faults())).WithName("one");
                rows.SinkTo(new ExternalSink(two, new Faults())).WithName("two");
            },
            options);
        running.RunToRunning();
        cluster.Advance(TimeSpan.FromMilliseconds(100));
        store.Before = op => op.Kind is StoreOperationKind.Create or StoreOperationKind.Write ? StoreFault.Full(op.Path) : StoreFault.None;
        SeededAnswer answer = running.AskCheckpoint();
        cluster.RunUntil(() => answer.IsThere, "the answer");
        Assert.NotNull(answer.Error);
        Assert.Equal((40, 40), (one.LargestOpenEpoch, two.LargestOpenEpoch));
        store.Before = null;
        gate.Gate.Limit = long.MaxValue;
        Assert.Equal(0, JobRuns.MustFinish(running.RunToOutcome()).Restarts);
        string[] expected = [.. Enumerable.Range(0, 100).Select(v => $"{v}")];
        one.RequireCommitted(expected, "the first sink");
        two.RequireCommitted(expected, "the second sink");
    }

    private static HashSet<string> Folders(SeededCluster cluster) =>
        [.. cluster.Store.List("").Where(f => f.Contains("/chk-", StringComparison.Ordinal)).Select(f => f.Split('/')[1])];

    private sealed class SourceGateHolder
    {
        public GoldenJobs.SourceGate Gate { get; } = new() { Limit = 40 };
    }
}
