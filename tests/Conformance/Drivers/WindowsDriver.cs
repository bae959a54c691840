using OrleansStream.Conformance.Model;
using OrleansStream.State;
using OrleansStream.TestKit;

namespace OrleansStream.Conformance.Drivers;

/// <summary>Drives the window operators.</summary>
internal sealed class WindowsDriver : OneInputDriver<WindowsDriver.Item, WindowsDriver.Result>
{
    private static readonly OutputTag<Item> s_late = new("late");
    private readonly bool _isKeyed;

    private WindowsDriver(OneInputHarness<Item, Result> harness, bool isKeyed) : base(harness)
    {
        _isKeyed = isKeyed;
    }

    public static WindowsDriver Create(Scenario scenario, RunMode mode)
    {
        bool isKeyed = scenario.Operator.GetProperty("keyed").GetBoolean();
        bool hasLate = scenario.Operator.GetProperty("lateOutput").GetBoolean();
        string function = scenario.Operator.GetProperty("function").GetProperty("type").GetString()!;
        bool merges = scenario.Operator.GetProperty("assigner").GetProperty("type").GetString()!.Contains("ession", StringComparison.Ordinal);
        IAggregate<Item, Numbers, Numbers> aggregate = mode == RunMode.AttackedWithoutMerge && !merges ? new Unmergeable() : new Mergeable();
        OneInputHarness<Item, Result> harness = OperatorHarness.ForKeyedStream<string, Item, Result>(
            stream =>
            {
                WindowedStream<string, Item> windows = stream.Window(scenario, mode, item => item.Value);
                windows = hasLate ? windows.SideOutputLate(s_late) : windows;
                return function switch
                {
                    "list" or "process" => windows.Process(new Lists(function)),
                    "firings" => windows.Process(new Firings()),
                    _ => windows.Aggregate(aggregate, (window, key, numbers) => new Result(key, function, window, numbers, [], 0, 0)),
                };
            },
            item => isKeyed ? item.Key : "all",
            Options(mode));
        return new WindowsDriver(hasLate ? harness.WithSideOutput(s_late) : harness, isKeyed);
    }

    protected override Item Input(RecordStep record) => new(record.Key.GetString()!, record.Value.GetInt64(), record.Timestamp);

    protected override StepOutput Output(Result value, long? timestamp)
    {
        string? key = _isKeyed ? value.Key : null;
        long? start = value.Window.IsGlobal ? null : value.Window.Start;
        long? end = value.Window.IsGlobal ? null : value.Window.End;
        Numbers numbers = value.Numbers;
        return value.Function switch
        {
            "sum" => StepOutput.Record(timestamp, _isKeyed ? value.Key : numbers.LeastKey, numbers.Sum),
            "max" => StepOutput.Record(timestamp, key, numbers.Max),
            "min" => StepOutput.Record(timestamp, key, numbers.Min),
            "count" => StepOutput.Record(timestamp, key, numbers.Count),
            "avg" => StepOutput.Record(timestamp, key, (double)numbers.Sum / numbers.Count),
            "sumWithWindow" => StepOutput.Record(timestamp, key, start, end, numbers.Sum),
            "countWithWindow" => StepOutput.Record(timestamp, key, start, end, numbers.Count),
            "list" => StepOutput.Record(timestamp, key, value.Values),
            "process" => StepOutput.Record(timestamp, key, start, end, value.Values),
            "firings" => StepOutput.Record(timestamp, key, start, end, value.OfWindow, value.OfKey, value.Values),
            _ => throw new NotSupportedException(value.Function),
        };
    }

    protected override StepOutput Side(object value, long timestamp)
    {
        Item late = (Item)value;
        Assert.Equal(late.Timestamp, timestamp);
        return StepOutput.Late(null, late.Key, late.Value, late.Timestamp);
    }

    public sealed record Item(string Key, long Value, long Timestamp);

    public sealed record Result(string Key, string Function, TimeWindow Window, Numbers Numbers, long[] Values, long OfWindow, long OfKey);

    public readonly record struct Numbers(long Count, long Sum, long Min, long Max, string? LeastKey);

    private static Numbers Combine(in Numbers a, in Numbers b) => new(
        a.Count + b.Count, a.Sum + b.Sum, Math.Min(a.Min, b.Min), Math.Max(a.Max, b.Max),
        a.LeastKey is null || string.CompareOrdinal(b.LeastKey, a.LeastKey) < 0 ? b.LeastKey : a.LeastKey);

    private readonly struct Mergeable : IAggregate<Item, Numbers, Numbers>
    {
        public Numbers Create() => new(0, 0, long.MaxValue, long.MinValue, null);

        public void Add(ref Numbers accumulator, in Item value) =>
            accumulator = Combine(in accumulator, new Numbers(1, value.Value, value.Value, value.Value, value.Key));

        public Numbers Result(in Numbers accumulator) => accumulator;

        public void Merge(ref Numbers into, in Numbers from) => into = Combine(in into, in from);
    }

    private readonly struct Unmergeable : IAggregate<Item, Numbers, Numbers>
    {
        public Numbers Create() => default(Mergeable).Create();

        public void Add(ref Numbers accumulator, in Item value) => default(Mergeable).Add(ref accumulator, in value);

        public Numbers Result(in Numbers accumulator) => accumulator;
    }

    private sealed class Lists(string function) : WindowFunction<string, Item, Result>
    {
        public override void Process(WindowContext<string> context, IReadOnlyList<Item> records, Output<Result> output) =>
            output.Emit(new Result(context.Key, function, context.Window, default, [.. records.Select(item => item.Value)], 0, 0));
    }

    private sealed class Firings : WindowFunction<string, Item, Result>
    {
        private ValueState<long> _ofWindow = null!;
        private ValueState<long> _ofKey = null!;

        public override void Open(WindowOpenContext context)
        {
            _ofWindow = context.WindowState.Value<long>("firings");
            _ofKey = context.State.Value<long>("firings");
        }

        public override void Process(WindowContext<string> context, IReadOnlyList<Item> records, Output<Result> output)
        {
            _ofWindow.Set(_ofWindow.GetOr(0) + 1);
            _ofKey.Set(_ofKey.GetOr(0) + 1);
            output.Emit(new Result(
                context.Key, "firings", context.Window, default, [.. records.Select(item => item.Value)], _ofWindow.GetOr(0), _ofKey.GetOr(0)));
        }
    }
}
