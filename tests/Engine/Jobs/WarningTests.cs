using OrleansStream.Engine.Tests.GoldenJobs;
using OrleansStream.TestKit;

namespace OrleansStream.Engine.Tests.Jobs;

/// <summary>State that may grow without a bound, windows that never fire, and options without effect are named when the job starts.</summary>
public sealed class WarningTests
{
    [Fact]
    public void A_join_without_a_bound_and_a_pattern_without_a_time_name_the_state_that_grows()
    {
        string[] warnings = Warnings(env =>
        {
            DataStream<Reading> readings = env.FromSource(new ListSource<Reading>("readings", Reading.Splits(1, 5)), Reading.Watermarks);
            readings.Join(readings).On(r => r.Key, r => r.Key).Anytime().Select((a, b) => a.Value).WithUid("pairs").Collect("pairs");
            readings.KeyBy(r => r.Key).Match(Pattern.Begin<Reading>("a").FollowedBy("b")).Select(match => 1).WithUid("match").WithName("rising").Collect("matches");
        });

        Assert.Contains(warnings, w => w.Contains("'join'", StringComparison.Ordinal) && w.Contains("'first' and 'second'", StringComparison.Ordinal) && w.Contains("Between", StringComparison.Ordinal));
        Assert.Contains(warnings, w => w.Contains("'rising'", StringComparison.Ordinal) && w.Contains("Within", StringComparison.Ordinal));
    }

    [Fact]
    public void A_pattern_that_skips_and_has_no_time_says_that_matches_may_wait_for_ever()
    {
        string[] warnings = Warnings(env => env.FromSource(new ListSource<Reading>("readings", Reading.Splits(1, 5)), Reading.Watermarks)
            .KeyBy(r => r.Key).Match(Pattern.Begin<Reading>("a").FollowedBy("b"), AfterMatch.SkipPastLastEvent).Select(match => 1).WithUid("match").WithName("rising").Collect("matches"));

        Assert.Contains(warnings, w => w.Contains("'rising'", StringComparison.Ordinal) && w.Contains("with SkipPastLast every match that began after it waits", StringComparison.Ordinal));
    }

    [Fact]
    public void Bounded_ones_give_no_warning()
    {
        string[] warnings = Warnings(env =>
        {
            DataStream<Reading> readings = env.FromSource(new ListSource<Reading>("readings", Reading.Splits(1, 5)), Reading.Watermarks);
            readings.Join(readings).On(r => r.Key, r => r.Key).Anytime(TimeSpan.FromSeconds(1)).Select((a, b) => a.Value).WithUid("pairs").Collect("pairs");
            readings.KeyBy(r => r.Key).Match(Pattern.Begin<Reading>("a")).Select(match => 1).WithUid("match").Collect("matches");
        });

        Assert.DoesNotContain(warnings, w => w.Contains("grows", StringComparison.Ordinal) || w.Contains("for ever", StringComparison.Ordinal));
    }

    [Fact]
    public void A_timer_long_past_is_named_once()
    {
        string[] warnings = Warnings(env => env.FromSource(new ListSource<Reading>("readings", Reading.Splits(1, 200)), Reading.Watermarks)
            .KeyBy(r => r.Key).Process(new InSeconds()).WithUid("seconds").WithName("seconds").Collect("out"));

        string warning = Assert.Single(warnings, w => w.Contains("set a timer", StringComparison.Ordinal));
        Assert.Contains("'seconds'", warning, StringComparison.Ordinal);
        Assert.Contains("for 1970-01-20", warning, StringComparison.Ordinal);
        Assert.Contains("milliseconds since 1970, not seconds", warning, StringComparison.Ordinal);
    }

    [Fact]
    public void Timers_that_are_just_due_and_those_before_and_after_all_time_give_no_warning()
    {
        string[] warnings = Warnings(env => env.FromSource(new ListSource<Reading>("readings", Reading.Splits(1, 200)), Reading.Watermarks)
            .KeyBy(r => r.Key).Process(new JustDue()).WithUid("due").Collect("out"));

        Assert.DoesNotContain(warnings, w => w.Contains("set a timer", StringComparison.Ordinal));
    }

    [Fact]
    public void Windows_and_patterns_behind_an_endless_source_without_watermarks_name_both()
    {
        string[] warnings = Running(env => Define(env, WatermarkStrategy.None<Reading>(), bounded: false));
        Assert.Contains(warnings, w => w.Contains("'sums' fires when the watermark passes, but its source 'readings' makes no watermarks", StringComparison.Ordinal) && w.Contains("AssignTimestamps", StringComparison.Ordinal));
        Assert.Contains(warnings, w => w.Contains("'rising' fires when the watermark passes", StringComparison.Ordinal));

        Assert.DoesNotContain(Running(env => Define(env, WatermarkStrategy.None<Reading>(), bounded: true)), w => w.Contains("makes no watermarks", StringComparison.Ordinal));
        Assert.DoesNotContain(Running(env => Define(env, Reading.Watermarks, bounded: false)), w => w.Contains("makes no watermarks", StringComparison.Ordinal));
        Assert.DoesNotContain(Running(env => Define(env, WatermarkStrategy.None<Reading>(), bounded: false, midStream: true)), w => w.Contains("makes no watermarks", StringComparison.Ordinal));

        static void Define(StreamEnvironment env, WatermarkStrategy<Reading> watermarks, bool bounded, bool midStream = false)
        {
            DataStream<Reading> readings = env.FromSource(new ListSource<Reading>("readings", [[]], bounded), watermarks).WithName("readings");
            readings = midStream ? readings.AssignTimestamps(Reading.Watermarks) : readings;
            readings.KeyBy(r => r.Key).Window(TumblingWindows.Of(TimeSpan.FromSeconds(1))).Reduce((a, _) => a).WithName("sums").Collect("sums");
            readings.KeyBy(r => r.Key).Match(Pattern.Begin<Reading>("a")).Select(match => 1).WithName("rising").Collect("matches");
        }
    }

    [Theory]
    [InlineData(null, "restart.attempts = 5, restart.failures = 2 without effect: restart is none.")]
    [InlineData(RestartKind.FixedDelay, "restart.failures = 2 without effect: restart is fixed-delay.")]
    [InlineData(RestartKind.FailureRate, "restart.attempts = 5 without effect: restart is failure-rate.")]
    [InlineData(RestartKind.ExponentialDelay, "restart.attempts = 5, restart.failures = 2 without effect: restart is exponential-delay.")]
    public void Options_of_another_restart_strategy_are_named(RestartKind? strategy, string expected)
    {
        RestartOptions restart = new() { Strategy = strategy, Attempts = 5, Failures = 2 };
        Assert.Contains(expected, Assert.Single(Running(Define, restart), w => w.Contains("without effect", StringComparison.Ordinal)), StringComparison.Ordinal);
        Assert.DoesNotContain(Running(Define, new RestartOptions { Strategy = strategy }), w => w.Contains("without effect", StringComparison.Ordinal));

        static void Define(StreamEnvironment env) => env.FromSource(new ListSource<Reading>("readings", [[]])).Collect("out");
    }

    private static string[] Running(Action<StreamEnvironment> define, RestartOptions? restart = null)
    {
        SeededCluster cluster = new(1, null, new SeededOptions());
        SeededJob job = cluster.Submit("job", define, new JobOptions { Parallelism = 1, Restart = restart ?? new RestartOptions() });
        cluster.RunUntil(() => job.Status.State is not JobState.Starting || job.Outcome is not null, "the start of the job");
        return [.. cluster.Host.LogLines.Where(line => line.StartsWith("Warning", StringComparison.Ordinal))];
    }

    private static string[] Warnings(Action<StreamEnvironment> define)
    {
        SeededCluster cluster = new(1, null, new SeededOptions());
        cluster.Submit("job", define, new JobOptions { Parallelism = 1 }).RunToEnd();
        return [.. cluster.Host.LogLines.Where(line => line.StartsWith("Warning", StringComparison.Ordinal))];
    }

    private sealed class InSeconds : KeyedProcessFunction<int, Reading, int>
    {
        public override void Process(in Reading value, KeyedContext<int> context, Output<int> output) => context.Timers.RegisterEventTime(value.Time / 1000);
    }

    private sealed class JustDue : KeyedProcessFunction<int, Reading, int>
    {
        public override void Process(in Reading value, KeyedContext<int> context, Output<int> output)
        {
            context.Timers.RegisterEventTime(value.Time - 1000);
            context.Timers.RegisterEventTime(value.Time + 1);
            context.Timers.RegisterProcessingTime(context.ProcessingTime - 1000);
        }

        // With the last of them the watermark is at the end of time.
        public override void OnTimer(in FiredTimer timer, KeyedContext<int> context, Output<int> output) => context.Timers.DeleteEventTime(0);
    }
}
