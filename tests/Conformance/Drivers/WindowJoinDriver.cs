using OrleansStream.Conformance.Model;
using OrleansStream.Engine.Time;
using OrleansStream.TestKit;

namespace OrleansStream.Conformance.Drivers;

/// <summary>Drives the window join and coGroup: one operator over the union of both streams, whose valve has two channels.</summary>
internal sealed class WindowJoinDriver : HarnessDriver<OneInputHarness<JoinSide<WindowJoinDriver.Item, WindowJoinDriver.Item>, WindowJoinDriver.Result>, WindowJoinDriver.Result>
{
    private readonly OneInputHarness<JoinSide<Item, Item>, Result> _harness;
    private readonly WatermarkValve _valve = new(2);

    private WindowJoinDriver(OneInputHarness<JoinSide<Item, Item>, Result> harness) : base(harness)
    {
        _harness = harness;
    }

    public static WindowJoinDriver Create(Scenario scenario, RunMode mode)
    {
        bool isJoin = scenario.Text("kind") == "join";
        return new WindowJoinDriver(OperatorHarness.ForKeyedStream<string, JoinSide<Item, Item>, Result>(
            stream =>
            {
                WindowJoin<string, Item, Item> join = new(stream.Window(scenario, mode, side => (side.First ?? side.Second)!.Value));
                return isJoin
                    ? join.Select((first, second) => new Result(first.Key, true, [first.Value], [second.Value]))
                    : join.CoGroup<Result>((context, first, second, output) =>
                        output.Emit(new Result(context.Key, false, [.. first.Select(item => item.Value)], [.. second.Select(item => item.Value)])));
            },
            side => (side.First ?? side.Second)!.Key, Options(mode)));
    }

    protected override void Send(RecordStep record)
    {
        Item item = new(record.Key.GetString()!, record.Value.GetInt64());
        _harness.Send(
            record.Input == 0 ? new JoinSide<Item, Item>(false, item, null) : new JoinSide<Item, Item>(true, null, item), record.Timestamp);
    }

    protected override void Watermark(int input, long time) => Tell(_valve.OnWatermark(input, time));

    protected override void Status(int input, bool idle) => Tell(_valve.OnStatus(input, idle));

    protected override StepOutput Output(Result value, long? timestamp) => value.IsPair
        ? StepOutput.Record(timestamp, value.Key, value.First[0], value.Second[0])
        : StepOutput.Record(timestamp, value.Key, value.First, value.Second);

    private void Tell(WatermarkChange change)
    {
        if (change.BecomesActive)
        {
            _harness.Idle(false);
        }

        if (change.HasWatermark)
        {
            _harness.Watermark(change.Watermark);
        }

        if (change.BecomesIdle)
        {
            _harness.Idle();
        }
    }

    public sealed record Item(string Key, long Value);

    public sealed record Result(string Key, bool IsPair, long[] First, long[] Second);
}
