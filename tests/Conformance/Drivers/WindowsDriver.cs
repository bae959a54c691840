using System.Text.Json;
using OrleansStream.Conformance.Model;
using OrleansStream.TestKit;

namespace OrleansStream.Conformance.Drivers;

/// <summary>Drives the window operator.</summary>
internal sealed class WindowsDriver : OneInputDriver<WindowsDriver.Item, WindowsDriver.Result>
{
    private static readonly OutputTag<Item> s_late = new("late");

    private WindowsDriver(OneInputHarness<Item, Result> harness) : base(harness)
    {
    }

    /// <summary>Why a scenario is left out.</summary>
    public static string? WhyNot(Scenario scenario)
    {
        JsonElement options = scenario.Operator;
        string assigner = options.GetProperty("assigner").GetProperty("type").GetString()!;
        string trigger = options.GetProperty("trigger").GetProperty("type").GetString()!;
        string function = options.GetProperty("function").GetProperty("type").GetString()!;
        return true switch
        {
            _ when !options.GetProperty("keyed").GetBoolean() => "windows without a key",
            _ when scenario.Text("time") != "event" => "windows in processing time",
            _ when assigner is not ("tumbling" or "sliding") => $"windows of the assigner {assigner}",
            _ when trigger != "eventTime" => $"windows with the trigger {trigger}",
            _ when options.GetProperty("evictor").ValueKind != JsonValueKind.Null => "windows with an evictor",
            _ when function is not ("sum" or "max" or "min" or "count" or "avg") => $"windows with the function {function}",
            _ => null,
        };
    }

    public static WindowsDriver Create(Scenario scenario, RunMode mode)
    {
        JsonElement assigner = scenario.Operator.GetProperty("assigner");
        TimeSpan size = Span(assigner, "size");
        AlignedWindows windows = assigner.GetProperty("type").GetString() == "tumbling"
            ? TumblingWindows.Of(size, Span(assigner, "offset"))
            : SlidingWindows.Of(size, Span(assigner, "slide"), Span(assigner, "offset"));
        string function = scenario.Operator.GetProperty("function").GetProperty("type").GetString()!;
        IAggregate<Item, Numbers, Numbers> aggregate = mode == RunMode.AttackedWithoutMerge ? new Unmergeable() : new Mergeable();
        return new WindowsDriver(OperatorHarness.ForWindow<string, Item, Numbers, Numbers, Result>(
            windows, aggregate, item => item.Key, (_, key, numbers) => new Result(key, function, numbers),
            TimeSpan.FromMilliseconds(scenario.Number("allowedLateness")!.Value),
            scenario.Operator.GetProperty("lateOutput").GetBoolean() ? s_late : null, Options(mode)));
    }

    protected override Item Input(RecordStep record) => new(record.Key.GetString()!, record.Value.GetInt64(), record.Timestamp);

    protected override StepOutput Output(Result value, long? timestamp) => StepOutput.Record(
        timestamp, value.Key,
        value.Function switch
        {
            "sum" => value.Numbers.Sum,
            "max" => value.Numbers.Max,
            "min" => value.Numbers.Min,
            "count" => value.Numbers.Count,
            "avg" => (double)value.Numbers.Sum / value.Numbers.Count,
            _ => throw new NotSupportedException(value.Function),
        });

    protected override StepOutput Side(object value, long timestamp)
    {
        Item late = (Item)value;
        Assert.Equal(late.Timestamp, timestamp);
        return StepOutput.Late(null, late.Key, late.Value, late.Timestamp);
    }

    private static TimeSpan Span(JsonElement json, string name) => TimeSpan.FromMilliseconds(json.GetProperty(name).GetInt64());

    public sealed record Item(string Key, long Value, long Timestamp);

    public sealed record Result(string Key, string Function, Numbers Numbers);

    public readonly record struct Numbers(long Count, long Sum, long Min, long Max);

    private static Numbers Combine(in Numbers a, in Numbers b) => new(a.Count + b.Count, a.Sum + b.Sum, Math.Min(a.Min, b.Min), Math.Max(a.Max, b.Max));

    private readonly struct Mergeable : IAggregate<Item, Numbers, Numbers>
    {
        public Numbers Create() => new(0, 0, long.MaxValue, long.MinValue);

        public void Add(ref Numbers accumulator, in Item value) => accumulator = Combine(in accumulator, new Numbers(1, value.Value, value.Value, value.Value));

        public Numbers Result(in Numbers accumulator) => accumulator;

        public void Merge(ref Numbers into, in Numbers from) => into = Combine(in into, in from);
    }

    private readonly struct Unmergeable : IAggregate<Item, Numbers, Numbers>
    {
        public Numbers Create() => default(Mergeable).Create();

        public void Add(ref Numbers accumulator, in Item value) => default(Mergeable).Add(ref accumulator, in value);

        public Numbers Result(in Numbers accumulator) => accumulator;
    }
}
