using OrleansStream.State;
using OrleansStream.TestKit;

namespace OrleansStream.Engine.Tests.Windowing;

/// <summary>Windows whose records are kept for a function: both operators that know them, beside the naive model. The order of records is that in which they came.</summary>
public sealed class WindowRecordsPropertyTests
{
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
        new WindowRun(random, harness, new WindowModel(windows, 0, InOrder), $"seed {seed}").RescaleInMidFiring();
    }

    /// <summary>Many records a key, some of them added behind the backs of snapshots that are open.</summary>
    [Fact]
    public void Snapshots_hold_the_records_up_to_their_barrier()
    {
        Random random = new(1);
        TumblingWindows windows = TumblingWindows.Of(TimeSpan.FromMilliseconds(100));
        using OneInputHarness<Item, string> harness = Harness(windows, general: false, new HarnessOptions { MaxParallelism = 8, Parallelism = 2, BatchSize = 100 });
        WindowModel model = new(windows, 0, InOrder);
        long id = 0;
        List<(int Records, HarnessSnapshot Snapshot)> snapshots = [];
        List<(Item Value, long At)> all = [];
        for (int step = 0; step < 40; step++)
        {
            List<(Item Value, long At)> records = WindowRun.Draw(random, random.Next(300), 6, () => random.Next(250), ref id);
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
        using OneInputHarness<Item, string> harness = Harness(windows, general, WindowRun.Options(random, attack: seed % 2 == 0));
        new WindowRun(random, harness, new WindowModel(windows, 0, InOrder), $"seed {seed}, {windows}") { Burst = r => 1 + r.Next(r.Next(10) == 0 ? 60 : 12) }.Check();
    }

    private static OneInputHarness<Item, string> Harness(AlignedWindows windows, bool general, HarnessOptions options) => OperatorHarness.ForKeyedStream<string, Item, string>(
        stream =>
        {
            WindowedStream<string, Item> windowed = stream.Window(windows).SideOutputLate(WindowRun.Late);
            return (general ? windowed.Trigger(Trigger.EventTime()) : windowed).Process(new Ids());
        },
        item => item.Key, options).WithSideOutput(WindowRun.Late);

    private static AlignedWindows Windows(Random random)
    {
        long size = 1 + random.Next(20);
        return WindowRun.Windows(random, size, size + (random.Next(2) == 0 ? 0 : random.Next(10)));
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
