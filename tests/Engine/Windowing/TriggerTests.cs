using OrleansStream.Engine.Tests.GoldenJobs;
using OrleansStream.State;
using OrleansStream.TestKit;

namespace OrleansStream.Engine.Tests.Windowing;

/// <summary>What the conformance scenarios do not have: composed, delta and custom triggers, the delta evictor, and what is refused.</summary>
public sealed class TriggerTests
{
    private static readonly WindowAssigner s_tens = TumblingWindows.Of(TimeSpan.FromMilliseconds(10));

    [Fact]
    public void Early_firings_repeat_by_the_clock_until_the_end_and_late_ones_go_by_count()
    {
        using OneInputHarness<Item, string> harness = Harness(stream => stream.Window(s_tens).AllowLateness(TimeSpan.FromMilliseconds(100))
            .Trigger(Trigger.EventTime().WithEarly(TimeSpan.FromMilliseconds(5)).WithLate(2)).Aggregate(new Collecting()));
        harness.At(100);
        harness.Send(Of(1), 1);
        Assert.Empty(harness.Output);
        harness.At(105);
        Assert.Equal(["1"], harness.Output);
        harness.SnapshotAndRestore();
        harness.Send(Of(2), 2).At(110);
        Assert.Equal(["1", "1 2"], harness.Output);
        harness.Watermark(9);
        Assert.Equal(["1", "1 2", "1 2"], harness.Output);
        harness.At(200);
        Assert.Equal(3, harness.Output.Count);
        harness.Send(Of(3), 3);
        Assert.Equal(3, harness.Output.Count);
        harness.Send(Of(4), 4);
        Assert.Equal("1 2 3 4", harness.Output[^1]);
    }

    [Fact]
    public void Delta_fires_when_a_record_is_far_from_the_one_that_fired_last()
    {
        using OneInputHarness<Item, string> harness = Harness(stream => stream.Window(GlobalWindows.Create())
            .Trigger(Trigger.Delta<Item>(3, (from, to) => to.Id - from.Id)).Discarding().Aggregate(new Collecting()));
        foreach (long id in new long[] { 1, 3, 4, 5, 8, 9 })
        {
            harness.Send(Of(id), 0);
        }

        Assert.Equal(["1 3 4 5", "8 9"], harness.Output);
    }

    [Fact]
    public void Delta_evictor_keeps_what_is_near_to_the_last_record()
    {
        using OneInputHarness<Item, string> harness = Harness(stream => stream.Window(s_tens)
            .Evict(Evictor.Delta<Item>(3, (record, last) => last.Id - record.Id)).Aggregate(new Collecting()));
        harness.Send(Of(1), 1).Send(Of(4), 2).Send(Of(6), 3).Watermark(9);
        Assert.Equal(["4 6"], harness.Output);
    }

    [Fact]
    public void Count_windows_overlap_or_follow_one_another()
    {
        using OneInputHarness<Item, string> tumbling = Harness(stream => stream.CountWindow(2).Aggregate(new Collecting()));
        using OneInputHarness<Item, string> sliding = Harness(stream => stream.CountWindow(3, 2).Aggregate(new Collecting()));
        for (long id = 1; id <= 5; id++)
        {
            tumbling.Send(Of(id), 0);
            sliding.Send(Of(id), 0);
        }

        Assert.Equal(["1 2", "3 4"], tumbling.Output);
        Assert.Equal(["1 2", "2 3 4"], sliding.Output);
    }

    [Fact]
    public void Trigger_of_the_user_keeps_state_that_merges_with_sessions()
    {
        using OneInputHarness<Item, string> harness = Harness(stream => stream.Window(SessionWindows.WithGap(TimeSpan.FromMilliseconds(10)))
            .Trigger(new FiresAtSum(10)).Aggregate(new Collecting()));
        harness.Send(Of(4), 0).Send(Of(5), 20).SnapshotAndRestore();
        Assert.Empty(harness.Output);
        harness.Send(Of(1), 10);
        Assert.Equal(["1 4 5"], harness.Output);
    }

    [Fact]
    public void Continuous_trigger_of_a_global_window_comes_to_an_end()
    {
        using OneInputHarness<Item, string> harness = Harness(stream => stream.Window(GlobalWindows.Create())
            .Trigger(Trigger.ContinuousEventTime(TimeSpan.FromMilliseconds(5))).Aggregate(new Collecting()));
        harness.Send(Of(1), 1).Watermark(5).EndOfInput();
        Assert.InRange(harness.Output.Count, 2, 3);
    }

    [Fact]
    public void Refusals_name_what_to_do()
    {
        StreamEnvironment env = new();
        KeyedStream<string, Item> stream = env.FromSource(new ListSource<Item>("items", [[]])).KeyBy(i => i.Key);
        JobDefinitionException noMerge = Assert.Throws<JobDefinitionException>(
            () => stream.Window(SessionWindows.WithGap(TimeSpan.FromSeconds(1))).Aggregate(new NotMerging()));
        Assert.Contains("no Merge", noMerge.Message, StringComparison.Ordinal);
        Assert.Throws<JobDefinitionException>(() => SessionWindows.WithGap(TimeSpan.Zero));
        Assert.Throws<JobDefinitionException>(() => Trigger.Count(0));
        Assert.Throws<JobDefinitionException>(() => stream.Window(s_tens).Trigger(Trigger.Delta<string>(1, (_, _) => 0)));

        using OneInputHarness<Item, string> harness = Harness(s => s.Window(SessionWindows.WithGap(TimeSpan.FromSeconds(1))).Process(new StatePerWindow()));
        JobDefinitionException merging = Assert.Throws<JobDefinitionException>(() => harness.Send(Of(1), 1));
        Assert.Contains("its windows merge", merging.Message, StringComparison.Ordinal);
    }

    private static Item Of(long id) => new("k", id, 0);

    private static OneInputHarness<Item, string> Harness(Func<KeyedStream<string, Item>, OperatorStream<string>> define) =>
        OperatorHarness.ForKeyedStream(define, item => item.Key, new HarnessOptions { MaxParallelism = 8 });

    private sealed class FiresAtSum(long sum) : Trigger<Item>
    {
        private ReducingState<long> _sum = null!;

        public override void Open(ITriggerState state) => _sum = state.Value<long>("sum", (a, b) => a + b);

        public override TriggerResult OnRecord(in Item value, long timestamp, TriggerContext context)
        {
            _sum.Add(value.Id);
            return _sum.TryGet(out long so) && so >= sum ? TriggerResult.FireAndPurge : TriggerResult.Continue;
        }

        public override TriggerResult OnTime(in FiredTimer timer, TriggerContext context) => TriggerResult.Continue;
    }

    private sealed class StatePerWindow : WindowFunction<string, Item, string>
    {
        public override void Open(WindowOpenContext context) => context.WindowState.Value<long>("n");

        public override void Process(WindowContext<string> context, IReadOnlyList<Item> records, Output<string> output)
        {
        }
    }
}
