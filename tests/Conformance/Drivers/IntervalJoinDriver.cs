using OrleansStream.Conformance.Model;
using OrleansStream.TestKit;

namespace OrleansStream.Conformance.Drivers;

/// <summary>Drives the interval join.</summary>
internal sealed class IntervalJoinDriver : HarnessDriver<TwoInputHarness<IntervalJoinDriver.Item, IntervalJoinDriver.Item, IntervalJoinDriver.Pair>, IntervalJoinDriver.Pair>
{
    private static readonly OutputTag<Item> s_late1 = new("late-first");
    private static readonly OutputTag<Item> s_late2 = new("late-second");
    private readonly TwoInputHarness<Item, Item, Pair> _harness;

    private IntervalJoinDriver(TwoInputHarness<Item, Item, Pair> harness) : base(harness)
    {
        _harness = harness;
    }

    public static IntervalJoinDriver Create(Scenario scenario, RunMode mode)
    {
        bool hasLate = scenario.Operator.GetProperty("lateOutput").GetBoolean();
        JoinInterval interval = new(
            scenario.Number("lower")!.Value + (scenario.Operator.GetProperty("lowerInclusive").GetBoolean() ? 0 : 1),
            scenario.Number("upper")!.Value - (scenario.Operator.GetProperty("upperInclusive").GetBoolean() ? 0 : 1));
        TwoInputHarness<Item, Item, Pair> harness = OperatorHarness.For<string, Item, Item, Pair>(
            () => new IntervalJoinFunction<string, Item, Item, Pair>(
                interval, hasLate ? s_late1 : null, hasLate ? s_late2 : null, (first, second) => new Pair(first, second)),
            item => item.Key, item => item.Key, Options(mode));
        return new IntervalJoinDriver(hasLate ? harness.WithSideOutput(s_late1).WithSideOutput(s_late2) : harness);
    }

    protected override void Send(RecordStep record)
    {
        Item item = new(record.Key.GetString()!, record.Input, record.Value.GetInt64(), record.Timestamp);
        _ = record.Input == 0 ? _harness.Send1(item, record.Timestamp) : _harness.Send2(item, record.Timestamp);
    }

    protected override void Watermark(int input, long time) => _ = input == 0 ? _harness.Watermark1(time) : _harness.Watermark2(time);

    protected override void Status(int input, bool idle) => _ = input == 0 ? _harness.Idle1(idle) : _harness.Idle2(idle);

    protected override StepOutput Output(Pair value, long? timestamp) =>
        StepOutput.Record(timestamp, value.First.Key, value.First.Value, value.Second.Value, value.First.Timestamp, value.Second.Timestamp);

    protected override StepOutput Side(object value, long timestamp)
    {
        Item late = (Item)value;
        Assert.Equal(late.Timestamp, timestamp);
        return StepOutput.Late(late.Input, late.Key, late.Value, late.Timestamp);
    }

    public sealed record Item(string Key, int Input, long Value, long Timestamp);

    public sealed record Pair(Item First, Item Second);
}
