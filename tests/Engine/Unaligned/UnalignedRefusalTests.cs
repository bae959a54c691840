using OrleansStream.Engine.Jobs;
using OrleansStream.Engine.Tests.GoldenJobs;
using OrleansStream.Engine.Tests.Jobs;

namespace OrleansStream.Engine.Tests.Unaligned;

/// <summary>What cannot be had, and what the error says.</summary>
public sealed class UnalignedRefusalTests
{
    [Theory]
    [InlineData(2, CheckpointMode.ExactlyOnce, 0, "checkpointing.unaligned = True: needs checkpointing.max-concurrent = 1, not 2")]
    [InlineData(1, CheckpointMode.AtLeastOnce, 0, "checkpointing.unaligned = True: needs checkpointing.mode = exactly-once")]
    [InlineData(1, CheckpointMode.ExactlyOnce, -1, "checkpointing.aligned-timeout")]
    public void Settings_that_conflict_are_refused(int concurrent, CheckpointMode mode, int timeoutMs, string message)
    {
        JobOptions options = new()
        {
            Checkpointing = new CheckpointOptions { Unaligned = true, MaxConcurrent = concurrent, Mode = mode, AlignedTimeout = TimeSpan.FromMilliseconds(timeoutMs) },
        };
        Assert.Contains(options.Validate(), e => e.StartsWith(message, StringComparison.Ordinal));
    }

    [Fact]
    public void An_aligned_timeout_alone_is_refused()
    {
        JobOptions options = new() { Checkpointing = new CheckpointOptions { AlignedTimeout = TimeSpan.FromSeconds(1) } };
        Assert.Equal(["checkpointing.aligned-timeout = 00:00:01: needs checkpointing.unaligned = true"], options.Validate());
    }

    [Fact]
    public void Records_that_cannot_be_serialized_are_refused_before_the_job_runs_with_both_operators_named()
    {
        SeededCluster cluster = new(1);
        JobOutcome outcome = cluster.Submit(
            "job",
            env => env.FromSource(new ListSource<int>("numbers", [[1, 2, 3]])).Map(v => new Unwritable(v)).WithName("wrap").Rebalance().Map(v => v.Text()).WithName("unwrap").Collect("out"),
            UnalignedRuns.Options(2) with { Restart = new RestartOptions { Strategy = RestartKind.None } }).RunToOutcome();
        Assert.IsType<JobDefinitionException>(outcome.Error);
        Assert.Contains("between 'wrap' and 'unwrap'", outcome.Error.Message, StringComparison.Ordinal);
        Assert.Contains("checkpointing.unaligned = false", outcome.Error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_changed_graph_is_refused_an_unaligned_checkpoint_and_takes_a_savepoint()
    {
        SeededCluster cluster = new(1);
        ExternalOutput output = new();
        SlowSink.Pace pace = new();
        void Define(StreamEnvironment env, bool changed)
        {
            DataStream<int> numbers = env.FromSource(new ListSource<int>("numbers", [[.. Enumerable.Range(0, 500)]], bounded: changed)).WithUid("numbers");
            (changed ? numbers.Map(v => v).WithName("new") : numbers).KeyBy(v => v).Process(new Text()).WithUid("text").Rebalance().SinkTo(new SlowSink(output, pace)).WithUid("sink");
        }

        SeededJob first = cluster.Submit("job", env => Define(env, false), UnalignedRuns.Options(2));
        first.RunToRunning();
        cluster.Advance(TimeSpan.FromSeconds(1));
        UnalignedRuns.MustCheckpoint(cluster, first, "first");
        SeededAnswer savepoint = first.AskSavepoint("saved");
        cluster.Advance(TimeSpan.FromSeconds(1));
        Assert.False(savepoint.IsThere, "A savepoint overtook records.");
        pace.Allow(int.MaxValue);
        cluster.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(0, UnalignedRuns.InFlightBytes(cluster, savepoint.Path));
        cluster.Kill();

        JobOutcome refused = cluster.Submit("job", env => Define(env, true), UnalignedRuns.Options(2) with { Resume = true }).RunToOutcome();
        Assert.IsType<StateRestoreException>(refused.Error);
        Assert.Contains("(uid 'text'), input 0 from numbers", refused.Error.Message, StringComparison.Ordinal);
        Assert.Contains("starts from a savepoint", refused.Error.Message, StringComparison.Ordinal);
        JobRuns.MustFinish(cluster.Submit("other", env => Define(env, true), UnalignedRuns.Options(3) with { FromSavepoint = savepoint.Path }).RunToOutcome());
    }

    private sealed class Unwritable(int value)
    {
        private readonly Func<string> _text = () => $"{value}";

        public string Text() => _text();
    }

    private sealed class Text : KeyedProcessFunction<int, int, string>
    {
        public override void Process(in int value, KeyedContext<int> context, Output<string> output) => output.Emit($"{value}");
    }
}
