using OrleansStream.State;
using OrleansStream.TestKit;

namespace OrleansStream.Engine.Tests.Windowing;

/// <summary>Windows whose records are kept for a function: both operators that know them, beside the naive model. The order of records is that in which they came.</summary>
public sealed class WindowRecordsPropertyTests
{
    private static readonly OutputTag<Item> s_late = new("late");

    public static TheoryData<int> Seeds() => [.. Enumerable.Range(1, 30)];

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Functions_get_the_records_of_the_model(int seed) => Check(seed, general: false);

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Functions_get_the_records_of_the_model_from_the_operator_for_every_kind_of_window(int seed) => Check(seed, general: true);

    /// <summary>Subtasks that are at different watermarks are suspended in mid-firing and merged or split: each window fires once for each key, with all its records.</summary>
    [Theory]
    [MemberData(nameof(Seeds))]
    public void Rescaling_in_mid_firing_loses_and_repeats_nothing(int seed)
    {
        Random random = new(seed);
        AlignedWindows windows = Windows(random);
        using OneInputHarness<Item, string> harness = Harness(windows, general: false, new HarnessOptions { MaxParallelism = 8, BatchSize = 1 + random.Next(3) });
        WindowModel model = new(windows, 0, ids => InOrder(ids));
        long highest = -50;
        long id = 0;
        long[] watermarks = [highest];
        for (int round = 0; round < 12; round++)
        {
            harness.SendAll(Records(random, 1 + random.Next(25), highest + 1, highest + 60, ref id, model));
            harness.Gate.Budget = random.Next(12);
            for (int subtask = 0; subtask < watermarks.Length; subtask++)
            {
                watermarks[subtask] += random.Next(50);
                highest = Math.Max(highest, watermarks[subtask]);
                harness.Watermark(watermarks[subtask], subtask);
            }

            int parallelism = 1 + random.Next(3);
            HarnessSnapshot snapshot = harness.Snapshot();
            harness.Gate.Budget = int.MaxValue;
            harness.Restore(snapshot, parallelism);
            watermarks = [.. Enumerable.Repeat(watermarks.Min(), parallelism)];
        }

        harness.Watermark(long.MaxValue);
        model.Watermark(long.MaxValue);

        Assert.Empty(harness.SideOutput(s_late));
        Assert.Equal(model.Outputs.Order(StringComparer.Ordinal), harness.Output.Order(StringComparer.Ordinal));
    }

    /// <summary>Many records a key, some of them added behind the backs of snapshots that are open.</summary>
    [Fact]
    public void Snapshots_hold_the_records_up_to_their_barrier()
    {
        Random random = new(1);
        TumblingWindows windows = TumblingWindows.Of(TimeSpan.FromMilliseconds(100));
        using OneInputHarness<Item, string> harness = Harness(windows, general: false, new HarnessOptions { MaxParallelism = 8, Parallelism = 2, BatchSize = 100 });
        WindowModel model = new(windows, 0, ids => InOrder(ids));
        long id = 0;
        List<(int Records, HarnessSnapshot Snapshot)> snapshots = [];
        List<(Item Value, long At)> all = [];
        for (int step = 0; step < 40; step++)
        {
            List<(Item Value, long At)> records = Records(random, random.Next(300), 0, 250, ref id, null);
            all.AddRange(records);
            harness.SendAll(records);
            snapshots.Add((all.Count, harness.Snapshot()));
        }

        (int count, HarnessSnapshot snapshot) = snapshots[random.Next(10, 30)];
        harness.Restore(snapshot, 3);
        all[..count].ForEach(record => model.Add(record.Value));
        harness.EndOfInput();
        model.Watermark(long.MaxValue);

        Assert.Equal(model.Outputs.Order(StringComparer.Ordinal), harness.Output.Order(StringComparer.Ordinal));
    }

    private static void Check(int seed, bool general)
    {
        Random random = new(seed);
        AlignedWindows windows = Windows(random);
        HarnessOptions options = new()
        {
            MaxParallelism = 8, Parallelism = 1 + random.Next(3), Attack = seed % 2 == 0, SuspensionsPerRestore = 1 + random.Next(4), BatchSize = 1 + random.Next(4),
        };
        using OneInputHarness<Item, string> harness = Harness(windows, general, options);
        WindowModel model = new(windows, 0, ids => InOrder(ids));
        long now = -100;
        long id = 0;
        int seen = 0;
        for (int step = 0; step < 60; step++)
        {
            switch (random.Next(10))
            {
                case < 6:
                    harness.SendAll(Records(random, 1 + random.Next(random.Next(10) == 0 ? 60 : 12), now - 40, now + 30, ref id, model));
                    break;
                case < 9:
                    now += random.Next(random.Next(8) == 0 ? 200 : 25);
                    harness.Watermark(now - 15);
                    model.Watermark(now - 15);
                    break;
                default:
                    harness.SnapshotAndRestore(random.Next(2) == 0 ? null : 1 + random.Next(3));
                    break;
            }

            string[] expected = [.. model.Outputs.Skip(seen).Order(StringComparer.Ordinal)];
            string[] actual = [.. harness.Output.Skip(seen).Order(StringComparer.Ordinal)];
            Assert.True(
                expected.SequenceEqual(actual),
                $"seed {seed}, step {step}, {windows}{Environment.NewLine}expected {string.Join("; ", expected)}{Environment.NewLine}actual   {string.Join("; ", actual)}");
            seen = model.Outputs.Count;
            Assert.Equal(model.Late.Order(), harness.SideOutput(s_late).Select(r => r.Id).Order());
        }

        harness.EndOfInput();
        model.Watermark(long.MaxValue);
        Assert.Equal(model.Outputs.Order(StringComparer.Ordinal), harness.Output.Order(StringComparer.Ordinal));
    }

    private static OneInputHarness<Item, string> Harness(AlignedWindows windows, bool general, HarnessOptions options) => OperatorHarness.ForKeyedStream<string, Item, string>(
        stream =>
        {
            WindowedStream<string, Item> windowed = stream.Window(windows).SideOutputLate(s_late);
            return (general ? windowed.Trigger(Trigger.EventTime()) : windowed).Process(new Ids());
        },
        item => item.Key, options).WithSideOutput(s_late);

    private static AlignedWindows Windows(Random random)
    {
        long size = 1 + random.Next(20);
        long slide = size + (random.Next(2) == 0 ? 0 : random.Next(10));
        long offset = random.Next(2) == 0 ? 0 : random.Next((int)((2 * slide) - 1)) - slide + 1;
        return slide == size
            ? TumblingWindows.Of(TimeSpan.FromMilliseconds(size), TimeSpan.FromMilliseconds(offset))
            : SlidingWindows.Of(TimeSpan.FromMilliseconds(size), TimeSpan.FromMilliseconds(slide), TimeSpan.FromMilliseconds(offset));
    }

    private static List<(Item Value, long At)> Records(Random random, int count, long from, long to, ref long id, WindowModel? model)
    {
        List<(Item Value, long At)> records = [];
        for (int i = 0; i < count; i++)
        {
            Item item = new("k" + random.Next(6), id++, random.NextInt64(from, to));
            records.Add((item, item.Timestamp));
            model?.Add(item);
        }

        return records;
    }

    private static string InOrder(IEnumerable<long> ids) => "1st firing: " + string.Join(' ', ids);

    // Its state per window is dropped with the window, so each firing is the first.
    private sealed class Ids : WindowFunction<string, Item, string>
    {
        private ValueState<int> _firings = null!;

        public override void Open(WindowOpenContext context) => _firings = context.WindowState.Value<int>("firings");

        public override void Process(WindowContext<string> context, IReadOnlyList<Item> records, Output<string> output)
        {
            _firings.Set(_firings.GetOr(0) + 1);
            output.Emit(WindowModel.Text(
                context.Window.Start, context.Window.End, context.Key, $"{_firings.GetOr(0)}st firing: {string.Join(' ', records.Select(r => r.Id))}", context.Timestamp));
        }
    }
}
