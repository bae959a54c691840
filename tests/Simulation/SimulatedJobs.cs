using OrleansStream.State;

namespace OrleansStream.Simulation;

internal readonly record struct Event(int Key, long Time, int Value);

/// <summary>A job with the rows that it must commit, from a plain model in memory.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Expected">The rows.</param>
/// <param name="Define">Defines the graph; the second argument makes a sink.</param>
internal sealed partial record SimulatedJob(string Name, IReadOnlyList<string> Expected, Action<StreamEnvironment, Func<ISink<string>>> Define)
{
    private const long Start = 1_700_000_000_000;
    private const int DelayMs = 60;
    private const int Copies = 12;

    private static readonly WatermarkStrategy<Event> s_watermarks =
        WatermarkStrategy.BoundedOutOfOrderness<Event>(TimeSpan.FromMilliseconds(DelayMs)).WithTimestamps(e => e.Time);

    private static readonly OutputTag<Event> s_late = new("late");

    /// <summary>Whether the rows depend on a watermark after each record.</summary>
    public bool WatermarkPerRecord { get; init; }

    /// <summary>Whether no row depends on the watermark, so that a drained job can go on.</summary>
    public bool CanDrain { get; init; }

    public static IReadOnlyList<Func<SeededRandom, SimulatedJob>> All { get; } = [Stateless, KeyedSum, Growing, Tumbling, Sliding, Late, TwoInputs, Sessions, InWindows, BetweenTimes, Patterns, Calls];

    private static SimulatedJob Stateless(SeededRandom random)
    {
        Event[][] splits = Splits(random, 3);
        return new SimulatedJob(
            "stateless",
            [.. splits.SelectMany(s => s).Where(e => e.Value % 3 != 0).SelectMany(e => Enumerable.Range(0, Copies).Select(i => $"{e.Key} {e.Time} {e.Value} {i}"))],
            (env, sink) => env.FromSource(Source(splits), s_watermarks).WithUid("source")
                .Filter(e => e.Value % 3 != 0)
                .FlatMap((in Event e, Output<string> output) =>
                {
                    // More than the output holds, so that some wait in the chain.
                    for (int i = 0; i < Copies; i++)
                    {
                        output.Emit($"{e.Key} {e.Time} {e.Value} {i}");
                    }
                })
                .Rebalance()
                .Map(row => row)
                .SinkTo(sink()).WithUid("sink")) { CanDrain = true };
    }

    // A key is in one split only, so that its records have one order.
    private static SimulatedJob KeyedSum(SeededRandom random)
    {
        Event[][] splits = Splits(random, 2);
        List<string> expected = [];
        foreach (IGrouping<int, Event> key in splits.SelectMany(s => s).GroupBy(e => e.Key))
        {
            int sum = 0;
            expected.AddRange(key.Select(e => $"{e.Key} {e.Time} {sum += e.Value}"));
        }

        return new SimulatedJob(
            "keyed sum", expected,
            (env, sink) => env.FromSource(Source(splits), s_watermarks).WithUid("source")
                .KeyBy(e => e.Key).Process(new RunningSum()).WithUid("sum")
                .SinkTo(sink()).WithUid("sink")) { CanDrain = true };
    }

    // Splits that are found while the job runs, also right after a restore.
    private static SimulatedJob Growing(SeededRandom random)
    {
        Event[][] splits = Splits(random, 4);
        PacedSource<Event> source = new("events", splits, 1 + random.Next(5), 40, 1 + random.Next(1000));
        return new SimulatedJob(
            "splits found late",
            [.. splits.SelectMany(s => s).Select(e => $"{e.Key} {e.Time} {e.Value}")],
            (env, sink) => env.FromSource(source, s_watermarks).WithUid("source")
                .Map(e => $"{e.Key} {e.Time} {e.Value}").WithUid("rows")
                .SinkTo(sink()).WithUid("sink")) { CanDrain = true };
    }

    private static SimulatedJob Tumbling(SeededRandom random)
    {
        Event[][] splits = Splits(random, 2);
        return new SimulatedJob(
            "tumbling windows",
            [.. splits.SelectMany(s => s).GroupBy(e => (e.Key, Start: e.Time - (e.Time % 200))).Select(g => Row(g.Key.Key, g.Key.Start, g))],
            (env, sink) => env.FromSource(Source(splits), s_watermarks).WithUid("source")
                .KeyBy(e => e.Key).Window(TumblingWindows.Of(TimeSpan.FromMilliseconds(200)))
                .Aggregate(new CountAndSum(), (window, key, r) => $"{key} {window.Start}: {r.Count} {r.Sum}").WithUid("windows")
                .SinkTo(sink()).WithUid("sink"));
    }

    private static SimulatedJob Sliding(SeededRandom random)
    {
        Event[][] splits = Splits(random, 2);
        IEnumerable<(Event Event, long Start)> assigned = splits.SelectMany(s => s)
            .SelectMany(e => Enumerable.Range(0, 3).Select(i => (e, e.Time - (e.Time % 100) - (i * 100))));
        return new SimulatedJob(
            "sliding windows",
            [.. assigned.GroupBy(a => (a.Event.Key, a.Start)).Select(g => Row(g.Key.Key, g.Key.Start, g.Select(a => a.Event)))],
            (env, sink) => env.FromSource(Source(splits), s_watermarks).WithUid("source")
                .KeyBy(e => e.Key).Window(SlidingWindows.Of(TimeSpan.FromMilliseconds(300), TimeSpan.FromMilliseconds(100)))
                .Aggregate(new CountAndSum(), (window, key, r) => $"{key} {window.Start}: {r.Count} {r.Sum}").WithUid("windows")
                .SinkTo(sink()).WithUid("sink"));
    }

    // One split, read by one subtask, and a watermark after each record: which records are late is exact, and each is in a result or in the late output.
    private static SimulatedJob Late(SeededRandom random)
    {
        Event[] split = [.. Splits(random, 1)[0].Select(e => e with { Time = random.Next(5) == 0 ? e.Time - random.Next(600) : e.Time })];
        long watermark = long.MinValue;
        List<Event> late = [];
        List<Event> onTime = [];
        foreach (Event e in split)
        {
            (e.Time - (e.Time % 200) + 199 <= watermark ? late : onTime).Add(e);
            watermark = Math.Max(watermark, e.Time - DelayMs - 1);
        }

        return new SimulatedJob(
            "late records",
            [
                .. onTime.GroupBy(e => (e.Key, Start: e.Time - (e.Time % 200))).Select(g => Row(g.Key.Key, g.Key.Start, g)),
                .. late.Select(e => $"late {e.Key} {e.Time} {e.Value}"),
            ],
            (env, sink) =>
            {
                OperatorStream<string> windows = env.FromSource(Source([split]), s_watermarks).WithUid("source").WithParallelism(1)
                    .KeyBy(e => e.Key).Window(TumblingWindows.Of(TimeSpan.FromMilliseconds(200))).SideOutputLate(s_late)
                    .Aggregate(new CountAndSum(), (window, key, r) => $"{key} {window.Start}: {r.Count} {r.Sum}").WithUid("windows");
                windows.SinkTo(sink()).WithUid("sink");
                windows.GetSideOutput(s_late).Map(e => $"late {e.Key} {e.Time} {e.Value}").SinkTo(sink()).WithUid("late sink");
            }) { WatermarkPerRecord = true };
    }

    private static SimulatedJob TwoInputs(SeededRandom random)
    {
        Event[][] first = Splits(random, 2);
        Event[][] second = Splits(random, 1, keys: 8);
        long until = Start + 100_000;
        List<string> expected = [.. first.SelectMany(s => s).Select(e => $"first {e.Key} {e.Time} {e.Value}")];
        foreach (int key in first.Concat(second).SelectMany(s => s).Select(e => e.Key).Distinct())
        {
            int count = first.SelectMany(s => s).Count(e => e.Key == key);
            int sum = second.SelectMany(s => s).Where(e => e.Key == key).Sum(e => e.Value);
            expected.Add($"total {key} {until} {count} {sum}");
        }

        return new SimulatedJob(
            "two inputs", expected,
            (env, sink) => env.FromSource(Source(first), s_watermarks).WithUid("first").KeyBy(e => e.Key)
                .Connect(env.FromSource(Source(second), s_watermarks).WithUid("second").KeyBy(e => e.Key))
                .Process(new Totals(until)).WithUid("totals")
                .SinkTo(sink()).WithUid("sink"));
    }

    // Bursts fill the channels, so that what was emitted waits in the chain.
    private static PacedSource<Event> Source(Event[][] splits) => splits[0].Length % 3 == 0 ? new("events", splits, 40, 600) : new("events", splits, 3, 40);

    private static string Row(int key, long start, IEnumerable<Event> events) => $"{key} {start}: {events.Count()} {events.Sum(e => e.Value)}";

    private static Event[][] Splits(SeededRandom random, int splits, int keys = 4) =>
        [.. Enumerable.Range(0, splits).Select(split => Enumerable.Range(0, 60 + random.Next(120))
            .Select(i => new Event((split * keys) + random.Next(keys), Start + (i * 10) - random.Next(DelayMs), random.Next(100))).ToArray())];

    private sealed class RunningSum : KeyedProcessFunction<int, Event, string>
    {
        private ValueState<int> _sum = null!;

        public override void Open(OpenContext context) => _sum = context.State.Value<int>("sum");

        public override void Process(in Event value, KeyedContext<int> context, Output<string> output)
        {
            _sum.Set(_sum.GetOr(0) + value.Value);
            output.Emit($"{value.Key} {value.Time} {_sum.GetOr(0)}");
        }
    }

    // A list in the state, changed in place between barriers.
    private sealed class Totals(long until) : KeyedCoProcessFunction<int, Event, Event, string>
    {
        private ValueState<List<int>> _counts = null!;

        public override void Open(OpenContext context) => _counts = context.State.Value<List<int>>("counts");

        public override void Process1(in Event value, KeyedContext<int> context, Output<string> output)
        {
            Add(context, 0, 1);
            output.Emit($"first {value.Key} {value.Time} {value.Value}");
        }

        public override void Process2(in Event value, KeyedContext<int> context, Output<string> output) => Add(context, 1, value.Value);

        public override void OnTimer(in FiredTimer timer, KeyedContext<int> context, Output<string> output) =>
            output.Emit($"total {context.Key} {timer.Time} {string.Join(' ', _counts.GetOr([0, 0]))}");

        private void Add(KeyedContext<int> context, int place, int by)
        {
            List<int> counts = _counts.GetOr([0, 0]);
            counts[place] += by;
            _counts.Set(counts);
            context.Timers.RegisterEventTime(until);
        }
    }

    private struct Sums
    {
        public int Count;
        public int Sum;
    }

    private readonly struct CountAndSum : IAggregate<Event, Sums, Sums>
    {
        public Sums Create() => default;

        public void Add(ref Sums accumulator, in Event value)
        {
            accumulator.Count++;
            accumulator.Sum += value.Value;
        }

        public Sums Result(in Sums accumulator) => accumulator;

        public void Merge(ref Sums into, in Sums from)
        {
            into.Count += from.Count;
            into.Sum += from.Sum;
        }
    }
}
