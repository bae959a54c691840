using OrleansStream.TestKit;

namespace OrleansStream.Engine.Tests.Windowing;

/// <summary>The window operator against the naive model, with random disorder, batches, lateness, suspensions, restores and changes of parallelism.</summary>
public sealed class WindowPropertyTests
{
    private static readonly OutputTag<Item> s_late = new("late");

    public static TheoryData<int> Seeds() => [.. Enumerable.Range(1, 60)];

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Struct_accumulators_give_what_the_model_gives(int seed) => Check(seed, default(Merging), Merging.Of, attack: false);

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Struct_accumulators_give_what_the_model_gives_under_attack(int seed) => Check(seed, default(Merging), Merging.Of, attack: true);

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Aggregates_without_merge_give_what_the_model_gives(int seed) => Check(seed, default(NotMerging), Merging.Of, attack: false);

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Aggregates_without_merge_give_what_the_model_gives_under_attack(int seed) => Check(seed, default(NotMerging), Merging.Of, attack: true);

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Mutable_accumulators_give_what_the_model_gives(int seed) => Check(seed, new Collecting(), Collecting.Of, attack: false);

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Mutable_accumulators_give_what_the_model_gives_under_attack(int seed) => Check(seed, new Collecting(), Collecting.Of, attack: true);

    /// <summary>Subtasks that are at different watermarks are suspended in mid-firing and merged or split: each window fires once for each key, with all its records.</summary>
    [Theory]
    [MemberData(nameof(Seeds))]
    public void Rescaling_in_mid_firing_loses_and_repeats_nothing(int seed)
    {
        Random random = new(seed);
        AlignedWindows windows = Windows(random);
        bool merges = random.Next(2) == 0;
        IAggregate<Item, List<long>, string> aggregate = merges ? new Collecting() : new NotMergingCollecting();
        using OneInputHarness<Item, string> harness = Harness(windows, 0, aggregate, new HarnessOptions { MaxParallelism = 8, BatchSize = 1 + random.Next(3) });
        WindowModel model = new(windows, 0, Collecting.Of);
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

    /// <summary>Whatever the subtasks' watermarks were, a record is in a result, in the late output or in the late counter, and in one of them only.</summary>
    [Theory]
    [MemberData(nameof(Seeds))]
    public void Every_record_is_in_one_result_or_late_after_rescaling(int seed)
    {
        Random random = new(seed);
        TumblingWindows windows = TumblingWindows.Of(TimeSpan.FromMilliseconds(1 + random.Next(20)));
        using OneInputHarness<Item, string> harness = Harness(windows, 0, new Collecting(), new HarnessOptions { MaxParallelism = 8, BatchSize = 1 + random.Next(3) });
        long id = 0;
        long[] watermarks = [0];
        for (int round = 0; round < 12; round++)
        {
            harness.SendAll(Records(random, 1 + random.Next(25), watermarks.Min() - 10, watermarks.Max() + 40, ref id, null));
            harness.Gate.Budget = random.Next(12);
            for (int subtask = 0; subtask < watermarks.Length; subtask++)
            {
                watermarks[subtask] += random.Next(40);
                harness.Watermark(watermarks[subtask], subtask);
            }

            int parallelism = 1 + random.Next(3);
            HarnessSnapshot snapshot = harness.Snapshot();
            harness.Gate.Budget = int.MaxValue;
            harness.Restore(snapshot, parallelism);
            watermarks = [.. Enumerable.Repeat(watermarks.Min(), parallelism)];
        }

        harness.Watermark(long.MaxValue);

        IEnumerable<long> fired = harness.Output.SelectMany(o => o[(o.IndexOf(':', StringComparison.Ordinal) + 2)..o.IndexOf('@', StringComparison.Ordinal)]
            .Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(long.Parse));
        Assert.Equal(Enumerable.Range(0, (int)id).Select(i => (long)i), fired.Concat(harness.SideOutput(s_late).Select(r => r.Id)).Order());
    }

    private static void Check<TAcc>(int seed, IAggregate<Item, TAcc, string> aggregate, Func<IEnumerable<long>, string> result, bool attack)
    {
        Random random = new(seed);
        AlignedWindows windows = Windows(random);
        long lateness = random.Next(3) == 0 ? 0 : random.Next(40);
        HarnessOptions options = new()
        {
            MaxParallelism = 8, Parallelism = 1 + random.Next(3), Attack = attack, SuspensionsPerRestore = 1 + random.Next(4), BatchSize = 1 + random.Next(4),
        };
        using OneInputHarness<Item, string> harness = Harness(windows, lateness, aggregate, options);
        WindowModel model = new(windows, lateness, result);
        long now = -100;
        long id = 0;
        int seen = 0;
        for (int step = 0; step < 60; step++)
        {
            switch (random.Next(10))
            {
                case < 6:
                    harness.SendAll(Records(random, 1 + random.Next(12), now - 40, now + 30, ref id, model));
                    break;
                case < 9:
                    now += random.Next(random.Next(8) == 0 ? 200 : 25);
                    harness.TakeLog();
                    harness.Watermark(now - 15);
                    model.Watermark(now - 15);
                    if (harness.Parallelism == 1)
                    {
                        RequireOrderOfTime(harness.TakeLog());
                    }

                    break;
                default:
                    harness.SnapshotAndRestore(random.Next(2) == 0 ? null : 1 + random.Next(3));
                    break;
            }

            string where = $"seed {seed}, step {step}, size {windows.Size} slide {windows.Slide} offset {windows.Offset} lateness {lateness}";
            IEnumerable<string> expected = model.Outputs.Skip(seen).Order(StringComparer.Ordinal);
            string[] actual = [.. harness.Output.Skip(seen)];
            Assert.True(
                expected.SequenceEqual(actual.Order(StringComparer.Ordinal)),
                $"{where}{Environment.NewLine}expected {string.Join("; ", expected)}{Environment.NewLine}actual   {string.Join("; ", actual.Order(StringComparer.Ordinal))}");
            seen = model.Outputs.Count;
            Assert.Equal(model.Late.Order(), harness.SideOutput(s_late).Select(r => r.Id).Order());
        }

        harness.EndOfInput();
        model.Watermark(long.MaxValue);
        Assert.Equal(model.Outputs.Order(StringComparer.Ordinal), harness.Output.Order(StringComparer.Ordinal));
        Assert.Equal(HarnessOutputKind.End, harness.Log[^1].Kind);
    }

    // The results that one watermark sets free come in order of time.
    private static void RequireOrderOfTime(IEnumerable<HarnessOutput> step)
    {
        long[] times = [.. step.Where(o => o.Kind == HarnessOutputKind.Record).Select(o => o.Timestamp)];
        Assert.Equal(times.Order(), times);
    }

    private static OneInputHarness<Item, string> Harness<TAcc>(
        AlignedWindows windows, long lateness, IAggregate<Item, TAcc, string> aggregate, HarnessOptions options) => OperatorHarness.ForWindow(
        windows, aggregate, (Item item) => item.Key, (window, key, result) => WindowModel.Text(window.Start, window.End, key, result, window.MaxTimestamp),
        TimeSpan.FromMilliseconds(lateness), s_late, options);

    private static AlignedWindows Windows(Random random)
    {
        long size = 1 + random.Next(20);
        long slide = random.Next(3) == 0 ? size : 1 + random.Next(25);
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

    private sealed class NotMergingCollecting : IAggregate<Item, List<long>, string>
    {
        public List<long> Create() => [];

        public void Add(ref List<long> accumulator, in Item value) => accumulator.Add(value.Id);

        public string Result(in List<long> accumulator) => Collecting.Of(accumulator);
    }
}
