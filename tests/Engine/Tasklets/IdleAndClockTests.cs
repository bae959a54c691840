using OrleansStream.Engine.Jobs;
using OrleansStream.Engine.Tests.GoldenJobs;
using OrleansStream.Engine.Tests.Jobs;

namespace OrleansStream.Engine.Tests.Tasklets;

/// <summary>What happens when nothing comes in.</summary>
public sealed class IdleAndClockTests
{
    [Fact]
    public void An_idle_source_does_not_hold_back_the_windows_of_the_others()
    {
        SourceGate silent = new() { Limit = 0 };
        SeededCluster cluster = new(1);
        Reading[][] splits = Reading.Splits(1, 50);
        SeededJob running = cluster.Submit(
            "idle",
            env => env.FromSource(new ListSource<Reading>("busy", splits, bounded: false), Reading.Watermarks)
                .Union(env.FromSource(new ListSource<Reading>("silent", splits, bounded: false, gate: silent), Reading.Watermarks.WithIdleness(TimeSpan.FromSeconds(5))))
                .KeyBy(r => r.Key).Window(TumblingWindows.Of(TimeSpan.FromMilliseconds(100)))
                .Aggregate(new KeyedJobs.SumOfReadings(), (window, key, result) => $"{key} {window.Start}").Collect("out"),
            new JobOptions { Parallelism = 1 });
        running.RunToRunning();
        cluster.Advance(TimeSpan.FromSeconds(4));
        running.Checkpoint();
        cluster.Advance(TimeSpan.FromMilliseconds(100));
        Assert.Empty(cluster.Results.Get<string>("out"));
        cluster.Advance(TimeSpan.FromSeconds(3));
        running.Checkpoint();
        cluster.Advance(TimeSpan.FromMilliseconds(100));
        Assert.NotEmpty(cluster.Results.Get<string>("out"));
        running.Cancel();
    }

    [Fact]
    public void Records_of_an_idle_source_arrive_although_their_batch_is_not_full()
    {
        SourceGate gate = new() { Limit = 3 };
        ExternalOutput output = new();
        SeededCluster cluster = new(1);
        int seen = 0;
        SeededJob running = cluster.Submit(
            "low load",
            env => env.FromSource(new ListSource<int>("numbers", [[.. Enumerable.Range(0, 10)]], bounded: false, gate: gate)).KeyBy(v => v)
                .Process(new Counting(() => seen++)).SinkTo(new ExternalSink(output, new Faults())),
            new JobOptions { Parallelism = 2 });
        running.RunToRunning();
        cluster.Advance(TimeSpan.FromMilliseconds(11));
        Assert.Equal(3, seen);
        gate.Limit = 4;
        cluster.Advance(TimeSpan.FromMilliseconds(11));
        Assert.Equal(4, seen);
        running.Cancel();
    }

    [Fact]
    public void An_idle_job_takes_no_steps_but_its_clocks()
    {
        SeededCluster cluster = new(1);
        SeededJob running = cluster.Submit(
            "quiet", env => env.FromSource(new ListSource<int>("numbers", [[]], bounded: false)).KeyBy(v => v).Process(new Counting(() => { })).Collect("out"),
            new JobOptions { Parallelism = 2 });
        running.RunToRunning();
        cluster.Advance(TimeSpan.FromSeconds(1));
        long steps = cluster.Host.Steps;
        cluster.Advance(TimeSpan.FromHours(1));
        Assert.InRange(cluster.Host.Steps - steps, 0, 2);
        running.Cancel();
    }

    [Fact]
    public void Checkpoints_of_an_idle_job_complete_and_it_restarts_from_them()
    {
        WindowJob job = new();
        job.Gate.Limit = 0;
        SeededCluster cluster = JobRuns.Cluster();
        SeededJob running = cluster.Submit("idle", job.Define, JobRuns.Options());
        cluster.Advance(TimeSpan.FromMilliseconds(200));
        Assert.True(running.Status.LastCheckpoint > 3);
        cluster.Kill();
        job.Gate.Limit = long.MaxValue;
        JobRuns.MustFinish(cluster.Submit("idle", job.Define, JobRuns.Options(3) with { Resume = true }).RunToOutcome());
        job.Output.RequireCommitted(job.Expected(), "idle");
    }

    [Fact]
    public void Processing_time_timers_fire_at_their_time_and_survive_a_kill()
    {
        SourceGate gate = new() { Limit = 5 };
        SeededCluster cluster = new(1);
        Action<StreamEnvironment> define = env => env.FromSource(new ListSource<int>("numbers", [[.. Enumerable.Range(0, 5)]], bounded: false, gate: gate)).WithUid("source")
            .KeyBy(v => v).Process(new Alarm()).WithUid("alarm").Collect("out").WithUid("sink");
        SeededJob running = cluster.Submit("timers", define, JobRuns.Manual(2));
        running.RunToRunning();
        cluster.Advance(TimeSpan.FromSeconds(1));
        running.Checkpoint();
        cluster.Kill();
        SeededJob next = cluster.Submit("timers", define, JobRuns.Manual(3) with { Resume = true });
        next.RunToRunning();
        cluster.Advance(TimeSpan.FromSeconds(8));
        next.Checkpoint();
        cluster.Advance(TimeSpan.FromMilliseconds(500));
        Assert.Empty(cluster.Results.Get<string>("out"));
        cluster.Advance(TimeSpan.FromSeconds(1));
        next.Checkpoint();
        cluster.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(["0", "1", "2", "3", "4"], cluster.Results.Get<string>("out").Order());
        next.Cancel();
    }

    private sealed class Counting(Action seen) : KeyedProcessFunction<int, int, string>
    {
        public override void Process(in int value, KeyedContext<int> context, Output<string> output) => seen();
    }

    private sealed class Alarm : KeyedProcessFunction<int, int, string>
    {
        public override void Process(in int value, KeyedContext<int> context, Output<string> output) =>
            context.Timers.RegisterProcessingTime(context.ProcessingTime + 10_000);

        public override void OnTimer(in FiredTimer timer, KeyedContext<int> context, Output<string> output) => output.Emit($"{context.Key}");
    }
}
