using OrleansStream.TestKit;

namespace OrleansStream.Engine.Tests.Windowing;

/// <summary>The window operator against the naive model, with random disorder, batches, lateness, suspensions, restores and changes of parallelism.</summary>
public sealed class WindowPropertyTests
{
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
        new WindowRun(random, harness, new WindowModel(windows, 0, Collecting.Of), $"seed {seed}").RescaleInMidFiring();
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
        WindowRun.RescaleInMidFiring(
            random, harness, 0, 40, (lowest, _) => harness.SendAll(WindowRun.Draw(random, 1 + random.Next(25), 6, () => random.NextInt64(lowest - 10, lowest + 40), ref id)));

        IEnumerable<long> fired = harness.Output.SelectMany(o => o[(o.IndexOf(':', StringComparison.Ordinal) + 2)..o.IndexOf('@', StringComparison.Ordinal)]
            .Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(long.Parse));
        Assert.Equal(Enumerable.Range(0, (int)id).Select(i => (long)i), fired.Concat(harness.SideOutput(WindowRun.Late).Select(r => r.Id)).Order());
    }

    private static void Check<TAcc>(int seed, IAggregate<Item, TAcc, string> aggregate, Func<IEnumerable<long>, string> result, bool attack)
    {
        Random random = new(seed);
        AlignedWindows windows = Windows(random);
        long lateness = random.Next(3) == 0 ? 0 : random.Next(40);
        using OneInputHarness<Item, string> harness = Harness(windows, lateness, aggregate, WindowRun.Options(random, attack));
        new WindowRun(random, harness, new WindowModel(windows, lateness, result), $"seed {seed}, {windows}, lateness {lateness}") { InOrderOfTime = true }.Check();
    }

    private static OneInputHarness<Item, string> Harness<TAcc>(
        AlignedWindows windows, long lateness, IAggregate<Item, TAcc, string> aggregate, HarnessOptions options) => OperatorHarness.ForWindow(
        windows, aggregate, (Item item) => item.Key, (window, key, result) => WindowModel.Text(window.Start, window.End, key, result, window.MaxTimestamp),
        TimeSpan.FromMilliseconds(lateness), WindowRun.Late, options);

    private static AlignedWindows Windows(Random random)
    {
        long size = 1 + random.Next(20);
        return WindowRun.Windows(random, size, random.Next(3) == 0 ? size : 1 + random.Next(25));
    }

    private sealed class NotMergingCollecting : IAggregate<Item, List<long>, string>
    {
        public List<long> Create() => [];

        public void Add(ref List<long> accumulator, in Item value) => accumulator.Add(value.Id);

        public string Result(in List<long> accumulator) => Collecting.Of(accumulator);
    }
}
