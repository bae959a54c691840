using OrleansStream.TestKit;

namespace OrleansStream.Engine.Tests.Windowing;

/// <summary>A window operator and the naive model beside it, driven at random: both get the same records and watermarks, and after every step they must have given the same.</summary>
internal sealed class WindowRun(Random random, OneInputHarness<Item, string> harness, IWindowModel model, string what)
{
    public static readonly OutputTag<Item> Late = new("late");

    private const int Steps = 60;
    private readonly WindowComparison _comparison = new(model);
    private long _id;

    /// <summary>How many keys the records have.</summary>
    public int Keys { get; init; } = 6;

    /// <summary>How many milliseconds the times are apart; windows should be about ten times as long.</summary>
    public long Scale { get; init; } = 1;

    /// <summary>Draws how many records come at once.</summary>
    public Func<Random, int> Burst { get; init; } = random => 1 + random.Next(12);

    /// <summary>By how much a record must be ahead of a watermark at least to be in no window that has fired: sessions that only touch are one.</summary>
    public long Ahead { get; init; } = 1;

    /// <summary>Whether the results that one watermark sets free must come in order of time; that of several subtasks is not asked.</summary>
    public bool InOrderOfTime { get; init; }

    /// <summary>Operators under attack, and some that are not, with one to three subtasks and small batches.</summary>
    public static HarnessOptions Options(Random random, bool attack) => new()
    {
        MaxParallelism = 8, Parallelism = 1 + random.Next(3), Attack = attack, SuspensionsPerRestore = 1 + random.Next(4), BatchSize = 1 + random.Next(4),
    };

    /// <summary>Tumbling windows if the slide is the size, else sliding ones or such with gaps, half of them with an offset.</summary>
    public static AlignedWindows Windows(Random random, long size, long slide)
    {
        long offset = random.Next(2) == 0 ? 0 : random.Next((int)((2 * slide) - 1)) - slide + 1;
        return slide == size
            ? TumblingWindows.Of(TimeSpan.FromMilliseconds(size), TimeSpan.FromMilliseconds(offset))
            : SlidingWindows.Of(TimeSpan.FromMilliseconds(size), TimeSpan.FromMilliseconds(slide), TimeSpan.FromMilliseconds(offset));
    }

    /// <summary>Draws records, the times as given.</summary>
    public static List<(Item Value, long At)> Draw(Random random, int count, int keys, Func<long> time, ref long id, Action<Item>? add = null)
    {
        List<(Item Value, long At)> records = [];
        for (int i = 0; i < count; i++)
        {
            Item item = new("k" + random.Next(keys), id++, time());
            records.Add((item, item.Timestamp));
            add?.Invoke(item);
        }

        return records;
    }

    /// <summary>Twelve times: records come, the subtasks get watermarks of their own with little room for results, and then a snapshot is restored with one to three subtasks.</summary>
    /// <param name="random">What all is drawn from.</param>
    /// <param name="harness">The operator.</param>
    /// <param name="start">The watermark to begin with.</param>
    /// <param name="stride">Watermarks rise by less than this.</param>
    /// <param name="send">Sends records; gets the subtasks' lowest watermark, and the highest that any has ever had.</param>
    public static void RescaleInMidFiring(Random random, OneInputHarness<Item, string> harness, long start, int stride, Action<long, long> send)
    {
        long highest = start;
        long[] watermarks = [start];
        for (int round = 0; round < 12; round++)
        {
            send(watermarks.Min(), highest);
            harness.Gate.Budget = random.Next(12);
            for (int subtask = 0; subtask < watermarks.Length; subtask++)
            {
                watermarks[subtask] += random.Next(stride);
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
    }

    /// <summary>As <see cref="RescaleInMidFiring(Random, OneInputHarness{Item, string}, long, int, Action{long, long})"/>, with records that are on time for every subtask: each window fires once for each key, with all its records.</summary>
    public void RescaleInMidFiring()
    {
        RescaleInMidFiring(
            random, harness, -50, 50, (_, highest) => harness.SendAll(Draw(random, 1 + random.Next(25), Keys, () => random.NextInt64(highest + Ahead, highest + 60), ref _id, model.Add)));
        model.Watermark(long.MaxValue);
        Assert.Empty(harness.SideOutput(Late));
        _comparison.RequireSameInTheEnd(harness.Output);
    }

    /// <summary>Records in disorder, watermarks behind them that some records are late for, snapshots, restores and changes of parallelism.</summary>
    public void Check()
    {
        long now = -100;
        for (int step = 0; step < Steps; step++)
        {
            switch (random.Next(10))
            {
                case < 6:
                    harness.SendAll(Draw(random, Burst(random), Keys, () => now + (Scale * random.Next(-40, 30)), ref _id, model.Add));
                    break;
                case < 9:
                    now += Scale * random.Next(random.Next(8) == 0 ? 200 : 25);
                    Watermark(now - (15 * Scale));
                    break;
                default:
                    harness.SnapshotAndRestore(random.Next(2) == 0 ? null : 1 + random.Next(3));
                    break;
            }

            _comparison.RequireSame(harness.Output, harness.SideOutput(Late), $"{what}, step {step}");
        }

        harness.EndOfInput();
        model.Watermark(long.MaxValue);
        _comparison.RequireSameInTheEnd(harness.Output);
        Assert.Equal(HarnessOutputKind.End, harness.Log[^1].Kind);
    }

    private void Watermark(long watermark)
    {
        harness.TakeLog();
        harness.Watermark(watermark);
        model.Watermark(watermark);
        if (InOrderOfTime && harness.Parallelism == 1)
        {
            long[] times = [.. harness.TakeLog().Where(o => o.Kind == HarnessOutputKind.Record).Select(o => o.Timestamp)];
            Assert.Equal(times.Order(), times);
        }
    }
}
