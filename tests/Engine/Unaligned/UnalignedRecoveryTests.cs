using OrleansStream.Engine.Jobs;
using OrleansStream.Engine.Tests.GoldenJobs;
using OrleansStream.Engine.Tests.Jobs;
using OrleansStream.State;

namespace OrleansStream.Engine.Tests.Unaligned;

/// <summary>Unaligned checkpoints of jobs that stand still, and what comes back from them.</summary>
public sealed class UnalignedRecoveryTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void With_a_sink_that_takes_50_ms_a_batch_an_unaligned_checkpoint_takes_less_than_a_tenth_of_an_aligned_one(bool chained)
    {
        long aligned = Duration(unaligned: false, chained);
        long unaligned = Duration(unaligned: true, chained);
        Assert.True(aligned >= 400, $"The aligned checkpoint took {aligned} ms.");
        Assert.True(unaligned * 10 < aligned, $"The unaligned checkpoint took {unaligned} ms, the aligned one {aligned} ms.");
    }

    [Fact]
    public void A_checkpoint_that_cannot_be_aligned_in_time_turns_unaligned()
    {
        long duration = Duration(unaligned: true, chained: true, alignedTimeoutMs: 120);
        Assert.InRange(duration, 120, 3 * 120);
    }

    /// <summary>Every second run is killed while it reads what was under way: the checkpoint before completes although nothing of that can be read.</summary>
    [Fact]
    public void A_job_killed_during_recovery_and_rescaled_from_4_to_3_to_5_loses_and_doubles_nothing()
    {
        for (int seed = 1; seed <= 12; seed++)
        {
            FaultyJob job = new(200);
            IReadOnlyList<string> expected = job.Expected();
            string run = $"seed {seed}";
            SeededCluster cluster = new(seed, null, new SeededOptions { StepsPerMs = seed % 2 == 0 ? 0 : 10 });
            // The job must not come to its end, which is aligned, before the sink goes on.
            job.Gate.Limit = 195;
            SeededJob first = cluster.Submit("job", job.Define, UnalignedRuns.Options(4));
            first.RunToRunning();
            cluster.RunSteps(40 * seed);
            job.Output.Accepts = false;
            cluster.Advance(TimeSpan.FromMinutes(1));
            long before = UnalignedRuns.MustCheckpoint(cluster, first, run);
            Assert.True(before > 1000, $"{run}: {before} bytes were under way.");
            cluster.Kill();

            SeededJob second = cluster.Submit("job", job.Define, UnalignedRuns.Options(3) with { Resume = true });
            second.RunToRunning();
            cluster.RunSteps(seed * 7);
            long during = UnalignedRuns.MustCheckpoint(cluster, second, run);
            Assert.True(during > 1000, $"{run}: {during} bytes were under way during recovery.");
            cluster.Kill();

            job.Output.Accepts = true;
            job.Gate.Limit = long.MaxValue;
            JobRuns.MustFinish(cluster.Submit("job", job.Define, UnalignedRuns.Options(5) with { Resume = true }).RunToOutcome());
            job.Output.RequireCommitted(expected, run);
        }
    }

    /// <summary>One record becomes many, of which the chained sink takes none.</summary>
    [Theory]
    [InlineData(true, 2, 2)]
    [InlineData(true, 2, 3)]
    [InlineData(true, 3, 1)]
    [InlineData(false, 2, 3)]
    [InlineData(false, 3, 1)]
    public void An_operator_suspended_while_it_expands_a_record_goes_on_after_it(bool chained, int before, int after)
    {
        Restore(before, after, (env, sink, bounded) =>
        {
            OperatorStream<string> expanded = env.FromSource(new ListSource<int>("numbers", [[.. Enumerable.Range(0, 60)], [.. Enumerable.Range(100, 60)]], bounded)).WithUid("numbers")
                .Rebalance()
                .FlatMap((in int v, Output<int> output) =>
                {
                    for (int i = 0; i < 50; i++)
                    {
                        output.Emit((v * 100) + i);
                    }
                })
                .Map(v => $"{v}").WithName("text");
            if (chained)
            {
                expanded.SinkTo(sink).WithUid("sink");
            }
            else
            {
                expanded.KeyBy(v => v).Process(new Counted()).WithUid("counted").SinkTo(sink).WithUid("sink");
            }
        },
        [.. Enumerable.Range(0, 60).Concat(Enumerable.Range(100, 60)).SelectMany(v => Enumerable.Range(0, 50).Select(i => $"{(v * 100) + i}"))]);
    }

    /// <summary>Thousands of windows and timers fire for one watermark, and the sink stops in the middle.</summary>
    [Theory]
    [InlineData(2, 2)]
    [InlineData(2, 3)]
    [InlineData(3, 1)]
    public void A_watermark_that_is_firing_goes_on_where_it_was(int before, int after)
    {
        const int Keys = 700;
        Restore(before, after, (env, sink, bounded) => env
            .FromSource(new ListSource<Reading>("readings", [[.. Enumerable.Range(0, Keys).Select(k => new Reading(k, Reading.Start, k)), new Reading(Keys, Reading.Start + 10_000, 0)]], bounded), Reading.Watermarks).WithUid("readings")
            .KeyBy(r => r.Key).Window(TumblingWindows.Of(TimeSpan.FromMilliseconds(100))).Aggregate(new KeyedJobs.SumOfReadings(), (_, key, sum) => new Reading(key, Reading.Start + 50, (int)sum.Sum)).WithUid("windows")
            .KeyBy(r => r.Key).Process(new AtEnd()).WithUid("timers")
            .SinkTo(sink).WithUid("sink"),
            [.. Enumerable.Range(0, Keys + 1).Select(k => $"{k}: {k % Keys}")]);
    }

    /// <summary>The parallelism changes which operators are chained, so that what was under way in a channel comes back inside of a chain, and the other way round.</summary>
    [Theory]
    [InlineData(2, 3)]
    [InlineData(3, 2)]
    public void What_was_under_way_in_a_channel_comes_back_in_a_chain(int before, int after)
    {
        Restore(before, after, (env, sink, bounded) => env
            .FromSource(new ListSource<int>("numbers", [[.. Enumerable.Range(0, 900)], [.. Enumerable.Range(1000, 900)]], bounded)).WithUid("numbers").WithParallelism(2)
            .Map(v => v + 1).WithName("two").WithParallelism(2)
            .Map(v => $"{v}").WithName("text").WithParallelism(after == 2 ? 2 : 3)
            .SinkTo(sink).WithUid("sink"),
            [.. Enumerable.Range(0, 900).Concat(Enumerable.Range(1000, 900)).Select(v => $"{v + 1}")]);
    }

    [Fact]
    public void A_random_life_of_kills_and_rescaling_commits_what_a_calm_one_does()
    {
        for (int seed = 1; seed <= Seeds(25); seed++)
        {
            SeededRandom random = new(seed);
            FaultyJob job = new(120);
            IReadOnlyList<string> expected = job.Expected();
            SeededCluster cluster = new(seed, null, new SeededOptions { StepsPerMs = random.Next(2) * 8 });
            CheckpointOptions checkpoints = UnalignedRuns.Checkpoints with
            {
                AlignedTimeout = TimeSpan.FromMilliseconds(random.Next(3) * 3),
                Interval = random.Next(2) == 0 ? null : TimeSpan.FromMilliseconds(1 + random.Next(10)),
                Timeout = random.Next(4) == 0 ? TimeSpan.FromMilliseconds(4 + random.Next(40)) : TimeSpan.FromMinutes(1),
                TolerableFailures = 1000,
            };
            List<string> life = [];
            JobOptions Options() => UnalignedRuns.Options(1 + random.Next(5), random.Next(2) == 0 ? 3 : 16) with { Checkpointing = checkpoints, Resume = life.Count > 1 };
            try
            {
                for (int lives = 1 + random.Next(4); lives > 0; lives--)
                {
                    JobOptions options = Options();
                    life.Add($"parallelism {options.Parallelism}");
                    SeededJob running = cluster.Submit("job", job.Define, options with { Resume = life.Count > 1 });
                    for (int i = random.Next(4); i >= 0; i--)
                    {
                        job.Output.Accepts = random.Next(3) > 0;
                        if (job.Output.Accepts)
                        {
                            job.Output.Open();
                        }

                        cluster.RunSteps(random.Next(900));
                        _ = running.AskCheckpoint();
                    }

                    cluster.RunSteps(random.Next(200));
                    cluster.Kill();
                }

                job.Output.Accepts = true;
                JobRuns.MustFinish(cluster.Submit("job", job.Define, Options() with { Resume = true, Checkpointing = UnalignedRuns.Checkpoints }).RunToOutcome());
                job.Output.RequireCommitted(expected, $"seed {seed}");
            }
            catch (Exception e) when (e is not Xunit.Sdk.XunitException)
            {
                Assert.Fail($"seed {seed}, {string.Join(", ", life)}: {e}");
            }
        }
    }

    private static int Seeds(int least) => Math.Max(least, new GoldenOptions().SeedCount);

    /// <summary>Runs a job until it stands still before its sink, takes a checkpoint, kills it, and lets it end at another parallelism.</summary>
    private static void Restore(int before, int after, Action<StreamEnvironment, ISink<string>, bool> define, IReadOnlyList<string> expected)
    {
        for (int seed = 1; seed <= 6; seed++)
        {
            string run = $"from {before} to {after}, seed {seed}";
            ExternalOutput output = new();
            SlowSink.Pace pace = new();
            SeededCluster cluster = new(seed);
            SeededJob first = cluster.Submit("job", env => define(env, new SlowSink(output, pace), false), UnalignedRuns.Options(before, 16));
            first.RunToRunning();
            pace.Allow(seed - 1);
            cluster.Advance(TimeSpan.FromMinutes(1));
            Assert.Null(first.Outcome);
            Assert.True(UnalignedRuns.MustCheckpoint(cluster, first, run) > 100, run);
            // What is emitted after the checkpoint must not count.
            pace.Allow(3);
            cluster.Advance(TimeSpan.FromMinutes(1));
            cluster.Kill();
            pace.Batches = int.MaxValue;
            JobRuns.MustFinish(cluster.Submit("job", env => define(env, new SlowSink(output, pace), true), UnalignedRuns.Options(after, 16) with { Resume = true }).RunToOutcome());
            output.RequireCommitted(expected, run);
        }
    }

    /// <summary>The virtual time that a checkpoint takes while a sink takes a batch every 50 ms.</summary>
    private static long Duration(bool unaligned, bool chained, long alignedTimeoutMs = 0)
    {
        const int Records = 4000;
        ExternalOutput output = new();
        SlowSink.Pace pace = new();
        SeededCluster cluster = new(3);
        SeededJob job = cluster.Submit(
            "slow",
            env =>
            {
                DataStream<string> text = env.FromSource(new ListSource<int>("numbers", [[.. Enumerable.Range(0, Records)]])).WithUid("numbers")
                    .KeyBy(v => v).Process(new Text()).WithUid("text");
                (chained ? text : text.Rebalance()).SinkTo(new SlowSink(output, pace)).WithUid("sink");
            },
            UnalignedRuns.Options(2, 16) with { Checkpointing = new CheckpointOptions { Unaligned = unaligned, AlignedTimeout = TimeSpan.FromMilliseconds(alignedTimeoutMs) } });
        job.RunToRunning();
        long elapsed = 0;
        void Pass(Func<bool> until)
        {
            while (!until())
            {
                if (elapsed % 50 == 0)
                {
                    pace.Allow(2);
                }

                cluster.Advance(TimeSpan.FromMilliseconds(1));
                elapsed++;
            }
        }

        Pass(() => elapsed > 500);
        SeededAnswer answer = job.AskCheckpoint();
        long asked = elapsed;
        Pass(() => answer.IsThere);
        _ = answer.Path;
        long duration = elapsed - asked;
        pace.Batches = int.MaxValue;
        pace.Allow(int.MaxValue);
        JobRuns.MustFinish(job.RunToOutcome());
        output.RequireCommitted([.. Enumerable.Range(0, Records).Select(v => $"{v}")], "slow sink");
        return duration;
    }

    private sealed class Text : KeyedProcessFunction<int, int, string>
    {
        public override void Process(in int value, KeyedContext<int> context, Output<string> output) => output.Emit($"{value}");
    }

    /// <summary>Fails on a record that comes twice.</summary>
    private sealed class Counted : KeyedProcessFunction<string, string, string>
    {
        private ValueState<int> _count = null!;

        public override void Open(OpenContext context) => _count = context.State.Value<int>("count");

        public override void Process(in string value, KeyedContext<string> context, Output<string> output)
        {
            _count.Set(_count.GetOr(0) + 1);
            output.Emit(_count.GetOr(0) == 1 ? value : $"{value} again");
        }
    }

    private sealed class AtEnd : KeyedProcessFunction<int, Reading, string>
    {
        private ValueState<int> _value = null!;

        public override void Open(OpenContext context) => _value = context.State.Value<int>("value");

        public override void Process(in Reading value, KeyedContext<int> context, Output<string> output)
        {
            _value.Set(_value.GetOr(0) + value.Value);
            context.Timers.RegisterEventTime(value.Time + 1000);
        }

        public override void OnTimer(in FiredTimer timer, KeyedContext<int> context, Output<string> output) => output.Emit($"{context.Key}: {_value.GetOr(-1)}");
    }
}
