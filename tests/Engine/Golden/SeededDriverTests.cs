using OrleansStream.Engine.Tests.Jobs;

namespace OrleansStream.Engine.Tests.GoldenJobs;

public sealed class SeededDriverTests
{
    [Fact]
    public void The_same_seed_gives_the_same_run_step_by_step()
    {
        for (int seed = 1; seed <= 5; seed++)
        {
            Assert.Equal(Traces(seed), Traces(seed));
        }
    }

    [Fact]
    public void Another_seed_gives_another_run()
    {
        Assert.Equal(10, Enumerable.Range(1, 10).Select(seed => Traces(seed)[^1]).Distinct().Count());
    }

    [Fact]
    public void A_run_that_does_not_go_on_says_where_everything_stands()
    {
        ExternalOutput output = new() { Accepts = false };
        SeededCluster cluster = new(7);
        SeededJob running = cluster.Submit(
            "held", env => env.FromSource(new ListSource<string>("rows", [["a", "b"]], bounded: false)).Rebalance().SinkTo(new ExternalSink(output, new Faults())), JobRuns.Manual(1));
        SeededRunStuckException error = Assert.Throws<SeededRunStuckException>(running.RunToEnd);
        Assert.Contains("nothing can run any more while waiting for the end of job 'held' (seed 7", error.Message, StringComparison.Ordinal);
        Assert.Contains("job 'held': Idle, sleeps until woken. State Running, attempt 1", error.Message, StringComparison.Ordinal);
        Assert.Contains("external (1/1): Blocked, sleeps until woken", error.Message, StringComparison.Ordinal);
        Assert.Contains("Last steps:", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_run_beyond_the_limit_of_steps_is_stuck()
    {
        SeededCluster cluster = new(7, null, new SeededOptions { StepLimit = 50 });
        SeededJob running = cluster.Submit("long", new FaultyJob().Define, JobRuns.Manual());
        Assert.Contains("50 steps were run", Assert.Throws<SeededRunStuckException>(running.RunToEnd).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Time_jumps_only_when_nothing_else_can_run()
    {
        SeededCluster cluster = new(1);
        long start = cluster.NowMs;
        WindowJob job = new();
        job.Gate.Limit = 10;
        SeededJob running = cluster.Submit("timed", job.Define, JobRuns.Manual() with { WatermarkInterval = TimeSpan.FromMilliseconds(500) });
        running.RunToRunning();
        Assert.Equal(start, cluster.NowMs);
        cluster.Advance(TimeSpan.FromMilliseconds(499));
        Assert.All(running.Status.Operators.Where(o => o.Uid == "source"), o => Assert.Equal(long.MinValue, o.Watermark));
        cluster.Advance(TimeSpan.FromMilliseconds(1));
        Assert.All(running.Status.Operators.Where(o => o.Uid == "source"), o => Assert.True(o.Watermark > Reading.Start - 1000));
        Assert.Equal(start + 500, cluster.NowMs);
    }

    [Fact]
    public void Asynchronous_code_that_does_not_complete_at_once_is_refused_with_a_reason()
    {
        SeededCluster cluster = new(1);
        TaskCompletionSource never = new();
        SeededJob running = cluster.Submit("async", env => env.FromSource(new ListSource<int>("one", [[1]])).Process(new Waiting(never.Task)).Collect("out"), JobRuns.Manual());
        Assert.Contains("did not complete at once", running.RunToOutcome().Error!.Message, StringComparison.Ordinal);
    }

    private static List<ulong> Traces(long seed)
    {
        FaultyJob job = new() { Faults = new Faults { Place = "map", At = 30 } };
        SeededCluster cluster = JobRuns.Cluster(seed);
        SeededJob running = cluster.Submit("traced", job.Define, JobRuns.Options());
        List<ulong> traces = [];
        while (running.Outcome is null && cluster.Host.Step())
        {
            traces.Add(cluster.Host.Trace);
        }

        Assert.NotNull(running.Outcome);
        return traces;
    }

    private sealed class Waiting(Task task) : ProcessFunction<int, int>
    {
        public override async ValueTask OpenAsync(OpenContext context, CancellationToken cancel) => await task;

        public override void Process(in int value, FunctionContext context, Output<int> output) => output.Emit(value);
    }
}
