using OrleansStream.State;
using OrleansStream.TestKit;

namespace OrleansStream.Engine.Tests.Operators;

/// <summary>What the scenarios do not hold: cleaning up in the background, checkpoints without what is over, refusals.</summary>
public sealed class TimeToLiveTests
{
    /// <summary>A value that is over but still there is seen with this visibility, so that it shows whether it was removed.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Values_that_nobody_asks_for_are_removed_in_the_background(bool cleansUp)
    {
        using OneInputHarness<(string Key, int Add), int> harness = Harness(
            new StateOptions { Ttl = TimeSpan.FromMilliseconds(100), TtlVisibility = TtlVisibility.ReturnExpiredIfNotCleanedUp, TtlCleanup = cleansUp });
        harness.SendAll(Enumerable.Range(0, 5_000).Select(i => (($"once {i}", 1), 0L)));
        harness.At(1_000);
        harness.SendAll(Enumerable.Range(0, 20_000).Select(_ => (("again", 1), 0L)));

        harness.SendAll(Enumerable.Range(0, 5_000).Select(i => (($"once {i}", 0), 0L)));

        Assert.All(harness.Output.Skip(25_000), sum => Assert.Equal(cleansUp ? 0 : 1, sum));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_checkpoint_leaves_out_what_is_over_if_there_is_cleanup(bool cleansUp)
    {
        using OneInputHarness<(string Key, int Add), int> harness = Harness(new StateOptions { Ttl = TimeSpan.FromMilliseconds(100), TtlCleanup = cleansUp });
        harness.Send(("a", 1)).Send(("b", 1));
        long both = SizeOf(harness);
        harness.At(100);
        harness.Send(("b", 1));

        Assert.Equal(cleansUp, SizeOf(harness) < both);
    }

    [Fact]
    public void What_is_left_of_a_life_goes_on_after_a_restore()
    {
        using OneInputHarness<(string Key, int Add), int> harness = Harness(new StateOptions { Ttl = TimeSpan.FromMilliseconds(100) });
        harness.Send(("a", 1)).At(60).SnapshotAndRestore().Send(("a", 0)).At(159).Send(("a", 0));
        Assert.Equal([1, 1, 1], harness.Output);

        harness.SnapshotAndRestore(2).At(259).Send(("a", 5));
        Assert.Equal(5, harness.Output[^1]);
    }

    [Fact]
    public void A_time_to_live_of_nothing_is_refused()
    {
        JobDefinitionException e = Assert.Throws<JobDefinitionException>(() => Harness(new StateOptions { Ttl = TimeSpan.Zero }).Send(("a", 1)));

        Assert.Contains("state 'sum'", e.Message, StringComparison.Ordinal);
        Assert.Contains("at least one millisecond", e.Message, StringComparison.Ordinal);
    }

    private static OneInputHarness<(string Key, int Add), int> Harness(StateOptions options) =>
        OperatorHarness.For<string, (string Key, int Add), int>(() => new Adding(options), record => record.Key, new HarnessOptions { MaxParallelism = 8 });

    private static long SizeOf(OneInputHarness<(string Key, int Add), int> harness) => harness.Snapshot().StoredBytes;

    private sealed class Adding(StateOptions options) : KeyedProcessFunction<string, (string Key, int Add), int>
    {
        private ReducingState<int> _sum = null!;

        public override void Open(OpenContext context) => _sum = context.State.Reducing<int>("sum", (a, b) => a + b, options);

        public override void Process(in (string Key, int Add) value, KeyedContext<string> context, Output<int> output)
        {
            _sum.Add(value.Add);
            output.Emit(_sum.TryGet(out int sum) ? sum : 0);
        }
    }
}
