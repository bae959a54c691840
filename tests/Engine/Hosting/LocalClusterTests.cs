using OrleansStream.Engine.Jobs;
using OrleansStream.Engine.Tests.Checkpointing;
using OrleansStream.Hosting;

namespace OrleansStream.Engine.Tests.Hosting;

public sealed class LocalClusterTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Collected_results_are_there_when_the_job_has_ended()
    {
        await using LocalCluster cluster = new();
        await cluster.Submit<Doubling>(new JobOptions { Parallelism = 2 }).WaitAsync();
        Assert.Equal(Expected(1000), cluster.Collected<long>(Doubling.Output).Order());
    }

    [Fact]
    public async Task A_job_that_fails_goes_on_from_its_checkpoint()
    {
        await using LocalCluster cluster = new();
        LocalJob job = cluster.Submit<Doubling>(Slow("a", count: 2000, restarts: 3));
        await Eventually.IsTrueAsync(() => job.Status.LastCheckpoint is not null, "a checkpoint");
        Doubling.Failures["a"] = 3;
        JobOutcome outcome = await job.WaitAsync();
        Assert.Equal(JobState.Finished, outcome.State);
        Assert.InRange(outcome.Restarts, 2, 3); // Two subtasks may fail in one attempt.
        Assert.Equal(Expected(2000), cluster.Collected<long>(Doubling.Output).Order());
    }

    [Fact]
    public async Task A_job_that_fails_too_often_says_why()
    {
        await using LocalCluster cluster = new();
        Doubling.Failures["b"] = 100;
        JobOutcome outcome = await cluster.Submit<Doubling>(Slow("b", count: 2000, restarts: 2)).Completion;
        Assert.Equal(JobState.Failed, outcome.State);
        Assert.Contains("InvalidOperationException: no ", outcome.Error!.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_stopped_job_is_resumed_in_another_cluster()
    {
        IReadOnlyList<long> before;
        await using (LocalCluster first = new())
        {
            LocalJob job = first.Submit<Doubling>(Slow("", count: 2000));
            await Eventually.IsTrueAsync(() => job.Status.LastCheckpoint is not null, "a checkpoint");
            Assert.StartsWith("Doubling/chk-", await job.StopAsync(), StringComparison.Ordinal);
            Assert.Equal(JobState.Stopped, (await job.Completion).State);
            before = first.Collected<long>(Doubling.Output);
        }

        await using LocalCluster second = new();
        await second.Submit<Doubling>(Slow("", count: 2000) with { Resume = true }).WaitAsync();

        // The epoch of the final checkpoint is committed again after a restore, here into another cluster's memory.
        IReadOnlyList<long> after = second.Collected<long>(Doubling.Output);
        Assert.Equal(after.Count, after.Distinct().Count());
        Assert.Equal(Expected(2000), before.Union(after).Order());
    }

    [Fact]
    public async Task A_job_that_was_taken_over_does_not_take_itself_back_when_it_fails()
    {
        await using LocalCluster cluster = new();
        JobOptions options = Slow("c", count: 3000, restarts: 5) with { Parallelism = 1 };
        LocalJob first = cluster.Submit<Doubling>(options with { Checkpointing = options.Checkpointing with { Interval = TimeSpan.FromHours(1) } });
        await Eventually.IsTrueAsync(() => first.Status.State == JobState.Running, "the first to run");
        await first.CheckpointAsync();

        await using LocalCluster other = new();
        LocalJob second = other.Submit<Doubling>(Slow("", count: 3000) with { Resume = true });
        await Eventually.IsTrueAsync(() => second.Status.Attempt == 2, "the second to claim its attempt", circumstances: () => $"{second.Status} {(second.Completion.IsCompleted ? second.Completion.Result : null)}");
        Doubling.Failures["c"] = 1;

        JobOutcome outcome = await first.Completion;
        Assert.Equal(JobState.Failed, outcome.State);
        Assert.IsType<SupersededException>(outcome.Error);
        Assert.Equal(JobState.Finished, (await second.Completion).State);
    }

    [Fact]
    public async Task A_checkpoint_directory_that_is_a_file_is_refused_at_once()
    {
        File.WriteAllText(_folder.File("file"), "");
        await using LocalCluster cluster = new();
        OptionsException e = Assert.Throws<OptionsException>(
            () => cluster.Submit<Doubling>(new JobOptions { Checkpointing = new CheckpointOptions { Directory = _folder.File("file") } }));
        Assert.Contains("is a file", e.Message, StringComparison.Ordinal);
    }

    private static IEnumerable<long> Expected(int count) => Enumerable.Range(0, count).Select(i => 2L * i);

    private JobOptions Slow(string failure, int count, int restarts = 0) => new()
    {
        Parallelism = 2,
        Checkpointing = new CheckpointOptions { Directory = _folder.Path, Interval = TimeSpan.FromMilliseconds(20) },
        Restart = new RestartOptions { Strategy = RestartKind.FixedDelay, Attempts = restarts, Delay = TimeSpan.FromMilliseconds(1) },
        Arguments = new JobArguments([new("failure", failure), new("count", $"{count}"), new("rate", "1000")]),
    };
}
