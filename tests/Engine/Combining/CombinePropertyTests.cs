using OrleansStream.Engine.Tests.GoldenJobs;
using OrleansStream.Engine.Tests.Windowing;

namespace OrleansStream.Engine.Tests.Combining;

/// <summary>
/// Windows that are combined before the exchange beside the naive models of plain windows, with random disorder, lateness, tables, batches, kills and changes of parallelism: the same results, as often fired, and the same late records.
/// </summary>
public sealed class CombinePropertyTests
{
    private static readonly OutputTag<Item> s_late = new("late");

    public static TheoryData<int> Seeds() => [.. Enumerable.Range(1, 20)];

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Aligned_windows_give_what_the_model_gives(int seed)
    {
        Random random = new(seed);
        long size = 1 + random.Next(40);
        long slide = random.Next(3) == 0 ? size : 1 + random.Next(45);
        AlignedWindows windows = WindowRun.Windows(random, size, slide);
        long lateness = random.Next(3) == 0 ? 0 : random.Next(60);
        long delay = random.Next(20);
        Item[] items = Items(random, 10);
        WindowModel model = new(windows, lateness, Collecting.Of);
        Feed(items, delay, model.Add, model.Watermark);

        Verify(
            random, seed, items, delay, [.. model.Outputs, .. model.Late.Select(id => $"late {id}")],
            keyed => keyed.Window(windows).AllowLateness(TimeSpan.FromMilliseconds(lateness)));
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Sessions_give_what_the_model_gives(int seed)
    {
        Random random = new(seed);
        long gap = 1 + random.Next(25);
        long delay = random.Next(20);
        Item[] items = Items(random, 10);
        SessionModel model = new(gap, Collecting.Of);
        Feed(items, delay, model.Add, model.Watermark);

        Verify(random, seed, items, delay, [.. model.Outputs, .. model.Late.Select(id => $"late {id}")], keyed => keyed.Window(SessionWindows.WithGap(TimeSpan.FromMilliseconds(gap))));
    }

    /// <summary>With lateness, and with gaps that the records set, there is no model, but there are the plain windows.</summary>
    [Theory]
    [MemberData(nameof(Seeds))]
    public void Sessions_with_lateness_and_gaps_by_record_give_what_plain_ones_give(int seed)
    {
        Random random = new(seed);
        long gap = 1 + random.Next(25);
        long delay = random.Next(20);
        TimeSpan lateness = TimeSpan.FromMilliseconds(random.Next(60));
        Item[] items = Items(random, 10);
        bool byRecord = random.Next(2) == 0;
        WindowedStream<string, Item> Windows(KeyedStream<string, Item> keyed) => (byRecord
            ? keyed.Window(SessionWindows.WithGap<Item>(item => TimeSpan.FromMilliseconds(gap + (item.Id % 7))))
            : keyed.Window(SessionWindows.WithGap(TimeSpan.FromMilliseconds(gap)))).AllowLateness(lateness);
        SeededCluster plain = new(seed);
        plain.Submit("plain", env => Define(env, items, delay, Windows), new JobOptions { Parallelism = 2, WatermarkPerRecord = true }).RunToEnd();

        Verify(random, seed, items, delay, plain.Results.Get<string>("out"), Windows);
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Late_records_without_a_side_output_are_counted_one_by_one(int seed)
    {
        Random random = new(seed);
        TumblingWindows windows = TumblingWindows.Of(TimeSpan.FromMilliseconds(1 + random.Next(20)));
        Item[] items = Items(random, 10);
        WindowModel model = new(windows, 0, Collecting.Of);
        Feed(items, 3, model.Add, model.Watermark);
        SeededCluster cluster = new(seed);
        SeededJob job = cluster.Submit(
            "late",
            env => Source(env, items, 3).KeyBy(i => i.Key).Window(windows).CombineLocally()
                .Aggregate(new Collecting(), (window, key, ids) => WindowModel.Text(window.Start, window.End, key, ids, window.MaxTimestamp)).WithParallelism(1).WithUid("windows").Collect("out"),
            new JobOptions { WatermarkPerRecord = true });
        job.RunToRunning();
        cluster.RunUntil(() => job.Status.Operators.SingleOrDefault(o => o.Uid == "windows") is { Watermark: long.MaxValue } || job.Outcome is not null, "the end of the windows");
        long dropped = job.Status.Operators.Single(o => o.Uid == "windows").LateDropped;
        job.RunToEnd();

        Assert.Equal(model.Late.Count, dropped);
        Assert.Equal(model.Outputs.Order(StringComparer.Ordinal), cluster.Results.Get<string>("out").Order(StringComparer.Ordinal));
    }

    private static void Verify(
        Random random, int seed, Item[] items, long delay, IReadOnlyList<string> expected, Func<KeyedStream<string, Item>, WindowedStream<string, Item>> windows)
    {
        CombineOptions few = new() { Capacity = 1 + random.Next(6) };
        Golden.Verify(
            env => Define(env, items, delay, keyed => windows(keyed).CombineLocally(few)), expected,
            new GoldenOptions
            {
                WatermarkPerRecord = true, Parallelisms = [1 + random.Next(3)], BatchSizes = [1 + random.Next(20)], Rescales = [(1 + random.Next(3), 1 + random.Next(3))], FirstSeed = seed,
                Job = new JobOptions { Checkpointing = new CheckpointOptions { Interval = TimeSpan.FromMilliseconds(5), Unaligned = random.Next(2) == 0 } },
            });
    }

    private static void Define(StreamEnvironment env, Item[] items, long delay, Func<KeyedStream<string, Item>, WindowedStream<string, Item>> windows)
    {
        OperatorStream<string> results = windows(Source(env, items, delay).KeyBy(item => item.Key)).SideOutputLate(s_late)
            .Aggregate(new Collecting(), (window, key, ids) => WindowModel.Text(window.Start, window.End, key, ids, window.MaxTimestamp)).WithUid("windows");
        results.Collect("out");
        results.GetSideOutput(s_late).Map(item => $"late {item.Id}").Collect("out").WithName("collect late");
    }

    private static OperatorStream<Item> Source(StreamEnvironment env, Item[] items, long delay) => env.FromSource(
        new ListSource<Item>("items", [items]), WatermarkStrategy.BoundedOutOfOrderness<Item>(TimeSpan.FromMilliseconds(delay)).WithTimestamps(item => item.Timestamp)).WithParallelism(1);

    private static Item[] Items(Random random, int step)
    {
        long now = 0;
        return [.. Enumerable.Range(0, 250).Select(id => new Item("k" + random.Next(4), id, (now += random.Next(step)) - random.Next(random.Next(5) == 0 ? 120 : 15)))];
    }

    private static void Feed(Item[] items, long delay, Action<Item> add, Action<long> watermark)
    {
        foreach (Item item in items)
        {
            add(item);
            watermark(item.Timestamp - delay - 1);
        }

        watermark(long.MaxValue);
    }
}
