using OrleansStream.Engine.Exchange;
using OrleansStream.Engine.Operators;
using OrleansStream.Engine.State;
using OrleansStream.Serialization;
using OrleansStream.TestKit;

namespace OrleansStream.Engine.Tests.Operators;

/// <summary>The firing of an operator with two inputs is interrupted by a full output; and co-processing without keys.</summary>
public sealed class TwoInputFiringTests
{
    /// <summary>As after a restore, where upstream begins anew and may send anything first.</summary>
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public void A_firing_that_was_interrupted_comes_before_all_else(int what)
    {
        KeyedCoProcessOperator<int, long, string, string> op = new(
            new OperatorSetup
            {
                Name = "o", Uid = "o", Subtask = 0, Parallelism = 1, MaxParallelism = 8, BatchSize = 1, Host = new HarnessHost(null, 0), Serializers = SerializerRegistry.CreateDefault(),
            },
            new Alarms());
        BudgetSink sink = new();
        op.Main.AddTarget(sink);
        op.OpenInBackground();
        op.Open();
        foreach (long time in new long[] { 10, 20, 30, 90 })
        {
            Assert.Equal(1, op.First.Receive(Of(time), 0));
        }

        sink.Budget = 1;
        Assert.True(op.First.Control(Engine.Channels.Element.Watermark(50)));
        Assert.False(op.Second.Control(Engine.Channels.Element.Watermark(50)));
        Assert.Equal(["10 at 50"], sink.Records);

        sink.Budget = 2;
        switch (what)
        {
            case 0:
                Assert.Equal(1, op.First.Receive(Of(40L), 0));
                break;
            case 1:
                Assert.Equal(0, op.Second.Receive(Of("now"), 0) - 1);
                sink.Budget = 1;
                Assert.True(op.Advance());
                Assert.Equal("now at 50", sink.Records[^1]);
                sink.Records.RemoveAt(3);
                break;
            default:
                Assert.True(op.First.Control(Engine.Channels.Element.Status(true)));
                break;
        }

        Assert.Equal(["10 at 50", "20 at 50", "30 at 50"], sink.Records);
        op.Close();

        KeyedBatch<int, T> Of<T>(T value)
        {
            KeyedBatch<int, T> batch = new(1);
            batch.SetKey(0, 1, ((KeyedState<int>)op.State).Hasher.Hash(1));
            batch.Add(value, 0);
            return batch;
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
