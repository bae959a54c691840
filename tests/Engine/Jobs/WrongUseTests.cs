using OrleansStream.Engine.Planning;
using OrleansStream.Engine.Tests.GoldenJobs;
using OrleansStream.Engine.Tests.Windowing;

namespace OrleansStream.Engine.Tests.Jobs;

/// <summary>What a new user gets wrong is refused when the graph is built or the options are checked, with operator or option, value and remedy.</summary>
public sealed class WrongUseTests
{
    private static readonly OutputTag<Item> s_late = new("late");
    private static readonly TumblingWindows s_tens = TumblingWindows.Of(TimeSpan.FromMilliseconds(10));

    [Theory]
    [InlineData(0)]
    [InlineData(-3)]
    [InlineData(32_769)]
    public void A_parallelism_out_of_range_names_the_operator(int parallelism)
    {
        RequireRefused(s => s.Map(i => i).WithName("doubling").WithParallelism(parallelism), $"operator 'doubling' is {parallelism}; it must be from 1 to 32768");
        RequireRefused(s => s.SinkTo(Sink()).WithName("files").WithParallelism(parallelism), $"operator 'files' is {parallelism}; it must be from 1 to 32768");
    }

    [Fact]
    public void A_parallelism_above_max_parallelism_names_the_operator_or_the_option()
    {
        Job job = new(env => Items(env).Map(i => i).WithName("doubling").WithParallelism(200));
        JobDefinitionException e = Assert.Throws<JobDefinitionException>(() => JobCheck.RequireDefinable(job, new JobOptions { MaxParallelism = 128 }, 1));
        Assert.Contains("The parallelism of operator 'doubling', 200, is above max-parallelism = 128", e.Message, StringComparison.Ordinal);

        e = Assert.Throws<JobDefinitionException>(() => JobCheck.RequireDefinable(new Job(env => Items(env).Map(i => i)), new JobOptions { MaxParallelism = 128 }, 200));
        Assert.Contains("parallelism = 200 is above max-parallelism = 128", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_blank_name_or_uid_names_the_operator()
    {
        RequireRefused(s => s.Filter(_ => true).WithUid(" "), "The uid of operator 'filter' is blank");
        RequireRefused(s => s.Filter(_ => true).WithName(""), "The name of operator 'filter' is blank");
        RequireRefused(s => s.SinkTo(Sink()).WithUid(""), "is blank. Give it one, or leave WithUid out");
    }

    [Fact]
    public void Streams_of_two_environments_are_refused_with_both_operators()
    {
        DataStream<Item> foreign = Items(new StreamEnvironment()).Map(i => i).WithName("elsewhere");
        RequireRefused(s => s.Union(foreign).Map(i => i.Id), "Operator 'map' reads operator 'elsewhere', which belongs to another StreamEnvironment");
        RequireRefused(s => s.KeyBy(i => i.Key).Connect(foreign.KeyBy(i => i.Key)).Process(new Both()), "reads operator 'elsewhere', which belongs to another");
    }

    [Fact]
    public void A_union_of_streams_that_are_spread_differently_names_both()
    {
        RequireRefused(s => s.Map(i => i).Union(s.Rebalance()), "Union of the stream of 'map' (forward) and the stream of 'items' (rebalance), which are partitioned differently. Call Rebalance");
        RequireRefused(s => s.KeyBy(i => i.Key).Union(s.KeyBy(i => i.Key)), "the stream of 'items' (hash) and the stream of 'items' (hash)");
    }

    [Fact]
    public void Global_windows_without_a_trigger_are_refused()
    {
        RequireRefused(s => s.KeyBy(i => i.Key).Window(GlobalWindows.Create()).Aggregate(new Merging()), "'global' never end, so without a trigger none of them ever fires. Call Trigger");
        RequireRefused(s => s.WindowAll(GlobalWindows.Create()).Reduce((a, _) => a), "without a trigger none of them ever fires");
        RequireTaken(s => s.KeyBy(i => i.Key).Window(GlobalWindows.Create()).Trigger(Trigger.Never()).Aggregate(new Merging()));
        RequireTaken(s => s.KeyBy(i => i.Key).Window(GlobalWindows.FiringAtTheEnd()).Aggregate(new Merging()));
        RequireTaken(s => s.KeyBy(i => i.Key).CountWindow(3).Aggregate(new Merging()));
    }

    [Fact]
    public void Lateness_of_windows_that_know_no_late_records_is_refused()
    {
        RequireRefused(
            s => s.KeyBy(i => i.Key).Window(s_tens.InProcessingTime()).AllowLateness(TimeSpan.FromSeconds(5)).Aggregate(new Merging()),
            "AllowLateness(00:00:05) says nothing about the windows 'size=10 slide=10 offset=0 processing-time'");
        RequireRefused(
            s => s.KeyBy(i => i.Key).Window(s_tens.InProcessingTime()).SideOutputLate(s_late).Process(new First()), "SideOutputLate(late) says nothing about the windows");
        RequireTaken(s => s.KeyBy(i => i.Key).Window(s_tens.InProcessingTime()).AllowLateness(TimeSpan.Zero).Aggregate(new Merging()));
    }

    [Fact]
    public void A_side_output_that_stays_empty_is_refused()
    {
        RequireRefused(s => s.Map(i => i).WithName("copy").GetSideOutput(s_late), "late (Item) of operator 'copy' would stay empty: it has none. Call GetSideOutput on the operator that emits to it");
        RequireRefused(s => s.KeyBy(i => i.Key).Reduce((a, _) => a).GetSideOutput(s_late), "of operator 'reduce' would stay empty");
        RequireRefused(
            s => s.KeyBy(i => i.Key).Window(s_tens).Aggregate(new Merging()).GetSideOutput(s_late), "of operator 'window' would stay empty: the windows have none. Call SideOutputLate");
        RequireRefused(
            s => s.KeyBy(i => i.Key).Window(s_tens).SideOutputLate(s_late).Aggregate(new Merging()).GetSideOutput(new OutputTag<string>("late")),
            "late (String) of operator 'window' would stay empty: the only one of the windows is late (Item)");
        RequireTaken(s => s.KeyBy(i => i.Key).Window(s_tens).SideOutputLate(s_late).CombineLocally().Aggregate(new Merging()).GetSideOutput(new OutputTag<Item>("late")));
        RequireTaken(s => s.KeyBy(i => i.Key).Window(s_tens).Process(new First()).GetSideOutput(s_late));
    }

    [Fact]
    public void A_trigger_for_other_records_names_both_types()
    {
        RequireRefused(
            s => s.KeyBy(i => i.Key).Window(s_tens).Trigger(Trigger.Delta<string>(1, (_, _) => 2)).Aggregate(new Merging()),
            "The trigger DeltaTrigger<string> looks at records of string; the windows hold records of Item.");
    }

    [Fact]
    public void Options_that_would_be_rounded_or_mean_nothing_are_all_named()
    {
        TimeSpan half = TimeSpan.FromMicroseconds(500);
        JobOptions options = new()
        {
            Name = " ", WatermarkInterval = half, BufferTimeout = half, FromSavepoint = "", OnBadRecord = (BadRecordPolicy)7,
            Checkpointing = new CheckpointOptions
            {
                Directory = " ", Interval = half, Timeout = half, MinPause = half, AlignedTimeout = half, Unaligned = true, Mode = (CheckpointMode)9, Retention = (CheckpointRetention)9,
            },
            Restart = new RestartOptions { Strategy = (RestartKind)9, Multiplier = double.PositiveInfinity },
            Keyed = new KeyedOptions { Execution = (KeyedExecution)9 },
        };

        string[] expected =
        [
            "job.name = ' ': must not be blank",
            "watermark.interval = 00:00:00.0005000: must be a whole number of milliseconds",
            "exchange.buffer-timeout = 00:00:00.0005000: must be a whole number of milliseconds",
            "on-bad-record = 7: must be fail, skip or side-output",
            "from-savepoint = '': must not be blank; leave it out to start without one",
            "checkpointing.interval = 00:00:00.0005000: must be a whole number of milliseconds",
            "checkpointing.directory = ' ': must not be blank; leave it out for none",
            "checkpointing.mode = 9: must be exactly-once or at-least-once",
            "checkpointing.timeout = 00:00:00.0005000: must be a whole number of milliseconds",
            "checkpointing.min-pause = 00:00:00.0005000: must be a whole number of milliseconds",
            "checkpointing.unaligned = True: needs checkpointing.mode = exactly-once: at least once has no alignment to leave out",
            "checkpointing.aligned-timeout = 00:00:00.0005000: must be a whole number of milliseconds",
            "checkpointing.retention = 9: must be delete-on-cancel or retain-on-cancel",
            "restart = 9: must be none, fixed-delay, exponential-delay or failure-rate",
            $"restart.multiplier = {double.PositiveInfinity}: must be a finite number of at least 1",
            "keyed.execution = 9: must be vectorized or grain",
        ];
        Assert.Equal(expected.Order(StringComparer.Ordinal), options.Validate().Order(StringComparer.Ordinal));
        Assert.Empty(new JobOptions().Validate());
    }

    [Fact]
    public void Options_that_are_null_are_named() => Assert.Equal(
        ["checkpointing = null: must not be null; leave it out for the defaults", "keyed = null: must not be null; leave it out for the defaults"],
        new JobOptions { Checkpointing = null!, Keyed = null! }.Validate());

    [Fact]
    public void An_idleness_that_would_be_rounded_is_refused()
    {
        JobDefinitionException e = Assert.Throws<JobDefinitionException>(() => WatermarkStrategy.Monotonous<Item>().WithIdleness(TimeSpan.FromMicroseconds(500)));
        Assert.Contains("The idleness timeout is 00:00:00.0005000, which is not a whole number of milliseconds", e.Message, StringComparison.Ordinal);
    }

    private static OperatorStream<Item> Items(StreamEnvironment env) => env.FromSource(new ListSource<Item>("items", []));

    private static CollectSink<Item> Sink() => new("items");

    private static void RequireRefused(Action<DataStream<Item>> define, string message)
    {
        JobDefinitionException e = Assert.Throws<JobDefinitionException>(() => define(Items(new StreamEnvironment())));
        Assert.Contains(message, e.Message, StringComparison.Ordinal);
    }

    private static void RequireTaken(Action<DataStream<Item>> define) => define(Items(new StreamEnvironment()));

    private sealed class Job(Action<StreamEnvironment> define) : IStreamJob
    {
        public void Define(StreamEnvironment env) => define(env);
    }

    private sealed class First : WindowFunction<string, Item, string>
    {
        public override void Process(WindowContext<string> context, IReadOnlyList<Item> records, Output<string> output) => output.Emit(records[0].Key);
    }

    private sealed class Both : KeyedCoProcessFunction<string, Item, Item, Item>
    {
        public override void Process1(in Item value, KeyedContext<string> context, Output<Item> output) => output.Emit(value);

        public override void Process2(in Item value, KeyedContext<string> context, Output<Item> output) => output.Emit(value);
    }
}
