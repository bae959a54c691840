using OrleansStream.TestKit;

namespace OrleansStream.Engine.Tests.Operators;

/// <summary>The firing of an operator with two inputs is interrupted by a full output; and co-processing without keys.</summary>
public sealed class TwoInputFiringTests
{
    [Fact]
    public void A_firing_that_a_snapshot_interrupted_comes_before_the_next_record_of_either_input()
    {
        foreach (bool second in new[] { false, true })
        {
            using TwoInputHarness<long, string, string> harness = Waking();
            harness.SendAll1([(10, 0), (20, 0), (30, 0), (90, 0)]);
            harness.Gate.Budget = 1;
            harness.Watermark(50);
            Assert.Equal(["10 at 50"], harness.Output);
            HarnessSnapshot snapshot = harness.Snapshot();
            harness.Gate.Budget = int.MaxValue;
            harness.Restore(snapshot);

            _ = second ? harness.Send2("now", 55) : harness.Send1(40, 55);

            string[] fired = ["10 at 50", "20 at 50", "30 at 50"];
            Assert.Equal(second ? [.. fired, "now at 50"] : fired, harness.Output);
            Assert.Equal([50], harness.Watermarks);
            harness.Watermark(100);
            Assert.Equal(second ? ["90 at 100"] : ["40 at 100", "90 at 100"], harness.Output.Skip(second ? 4 : 3));
        }
    }

    [Fact]
    public void A_firing_that_was_interrupted_goes_on_with_its_own_watermark_whatever_the_inputs_say_first()
    {
        using TwoInputHarness<long, string, string> harness = Waking();
        harness.SendAll1([(10, 0), (20, 0), (30, 0)]);
        harness.Gate.Budget = 1;
        harness.Watermark(50);
        HarnessSnapshot snapshot = harness.Snapshot();
        harness.Gate.Budget = int.MaxValue;

        // Upstream was restored too and begins lower; what it says is below the watermark that was firing.
        harness.Restore(snapshot).Watermark1(25).Watermark2(30);

        Assert.Equal(["10 at 50", "20 at 50", "30 at 50"], harness.Output);
        Assert.Equal([50], harness.Watermarks);
        harness.Watermark(60);
        Assert.Equal([50, 60], harness.Watermarks);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Co_processing_without_keys_keeps_the_order_of_each_input_and_takes_the_smaller_watermark(bool attack)
    {
        using TwoInputHarness<long, string, string> harness = OperatorHarness.For<long, string, string>(() => new Expanding(), new HarnessOptions { Attack = attack });

        harness.SendAll1([(3, 1), (1, 2)]).SendAll2([("a", 3), ("b", 4)]).Watermark1(10).Watermark2(5).Send2("c", 6).Watermark2(20).EndOfInput();

        Assert.Equal(["3.0", "3.1", "3.2", "1.0", "a", "b", "c"], harness.Output);
        Assert.Equal([5, 10, 20, long.MaxValue], harness.Watermarks);
    }

    private static TwoInputHarness<long, string, string> Waking() =>
        OperatorHarness.For<int, long, string, string>(() => new Alarms(), _ => 1, _ => 1, new HarnessOptions { BatchSize = 1, MaxParallelism = 8 });

    private sealed class Alarms : KeyedCoProcessFunction<int, long, string, string>
    {
        public override void Process1(in long value, KeyedContext<int> context, Output<string> output) => context.Timers.RegisterEventTime(value);

        public override void Process2(in string value, KeyedContext<int> context, Output<string> output) => output.Emit($"{value} at {context.Watermark}");

        public override void OnTimer(in FiredTimer timer, KeyedContext<int> context, Output<string> output) => output.Emit($"{timer.Time} at {context.Watermark}");
    }

    private sealed class Expanding : CoProcessFunction<long, string, string>
    {
        public override void Process1(in long value, FunctionContext context, Output<string> output)
        {
            for (int i = 0; i < value; i++)
            {
                output.Emit($"{value}.{i}");
            }
        }

        public override void Process2(in string value, FunctionContext context, Output<string> output) => output.Emit(value);
    }
}
