namespace OrleansStream.Engine.Tests.GoldenJobs;

internal static class WindowJobs
{
    private static readonly OutputTag<Reading> s_late = new("late");

    /// <summary>Tumbling windows, no record late.</summary>
    public static GoldenJob Tumbling()
    {
        Reading[][] splits = Reading.Splits(3, 200);
        List<string> expected = [.. splits.SelectMany(s => s).GroupBy(r => (r.Key, Start: r.Time - (r.Time % 250)))
            .Select(g => $"{g.Key.Key} {g.Key.Start}: {Reading.Count(g)}")];
        return new GoldenJob("tumbling windows", Define, expected);

        void Define(StreamEnvironment env) => env.FromSource(new ListSource<Reading>("readings", splits), Reading.Watermarks)
            .KeyBy(r => r.Key)
            .Window(TumblingWindows.Of(TimeSpan.FromMilliseconds(250)))
            .Aggregate(new KeyedJobs.SumOfReadings(), (window, key, result) => $"{key} {window.Start}: {result.Count}:{result.Sum}")
            .Collect("out");
    }

    /// <summary>Sliding windows, no record late.</summary>
    public static GoldenJob Sliding()
    {
        Reading[][] splits = Reading.Splits(3, 150);
        Dictionary<(int Key, long Start), List<Reading>> windows = [];
        foreach (Reading r in splits.SelectMany(s => s))
        {
            for (long start = r.Time - (r.Time % 100); start > r.Time - 500; start -= 100)
            {
                if (!windows.TryGetValue((r.Key, start), out List<Reading>? window))
                {
                    windows.Add((r.Key, start), window = []);
                }

                window.Add(r);
            }
        }

        List<string> expected = [.. windows.Select(w => $"{w.Key.Key} {w.Key.Start}: {Reading.Count(w.Value)}")];
        return new GoldenJob("sliding windows", Define, expected);

        void Define(StreamEnvironment env) => env.FromSource(new ListSource<Reading>("readings", splits), Reading.Watermarks)
            .KeyBy(r => r.Key)
            .Window(SlidingWindows.Of(TimeSpan.FromMilliseconds(500), TimeSpan.FromMilliseconds(100)))
            .Aggregate(new KeyedJobs.SumOfReadings(), (window, key, result) => $"{key} {window.Start}: {result.Count}:{result.Sum}")
            .Collect("out");
    }

    /// <summary>Late records of one split, with a watermark after each record: lateness, repeated firing, the late output.</summary>
    public static GoldenJob Late() => Late("late records of one split", windows => windows, s_late);

    /// <summary>The same, with windows that are made in another way.</summary>
    public static GoldenJob Late(string name, Func<WindowedStream<int, Reading>, WindowedStream<int, Reading>> change, OutputTag<Reading> late)
    {
        const int Delay = 5;
        const int Lateness = 150;
        SeededRandom random = new(3);
        Reading[] split = [.. Enumerable.Range(0, 300).Select(i => new Reading(random.Next(4), Reading.Start + (i * 10) - (random.Next(6) == 0 ? random.Next(500) : 0), random.Next(100)))];
        List<string> expected = [];
        Dictionary<(int Key, long Start), List<Reading>> windows = [];
        HashSet<(int Key, long Start)> fired = [];
        long watermark = long.MinValue;
        foreach (Reading r in split)
        {
            (int Key, long Start) at = (r.Key, r.Time - (r.Time % 100));
            if (at.Start + 99 + Lateness <= watermark)
            {
                expected.Add($"late {r}");
            }
            else
            {
                if (!windows.TryGetValue(at, out List<Reading>? window))
                {
                    windows.Add(at, window = []);
                }

                window.Add(r);
                if (at.Start + 99 <= watermark)
                {
                    expected.Add($"{at.Key} {at.Start}: {Reading.Count(window)}");
                    fired.Add(at);
                }
            }

            watermark = Math.Max(watermark, r.Time - Delay - 1);
            Fire(watermark);
        }

        Fire(long.MaxValue);
        return new GoldenJob(name, Define, expected) { PerRecord = true };

        void Fire(long upTo)
        {
            foreach (((int Key, long Start) at, List<Reading> window) in windows)
            {
                if (at.Start + 99 <= upTo && fired.Add(at))
                {
                    expected.Add($"{at.Key} {at.Start}: {Reading.Count(window)}");
                }
            }
        }

        void Define(StreamEnvironment env)
        {
            OperatorStream<string> windows = change(env.FromSource(
                    new ListSource<Reading>("readings", [split]),
                    WatermarkStrategy.BoundedOutOfOrderness<Reading>(TimeSpan.FromMilliseconds(Delay)).WithTimestamps(r => r.Time))
                .WithParallelism(1)
                .KeyBy(r => r.Key)
                .Window(TumblingWindows.Of(TimeSpan.FromMilliseconds(100)))
                .AllowLateness(TimeSpan.FromMilliseconds(Lateness))
                .SideOutputLate(late))
                .Aggregate(new KeyedJobs.SumOfReadings(), (window, key, result) => $"{key} {window.Start}: {result.Count}:{result.Sum}");
            windows.Collect("out");
            windows.GetSideOutput(late).Map(r => $"late {r}").Collect("out").WithName("collect late");
        }
    }

    /// <summary>Windows over windows, with timestamps assigned in mid-stream.</summary>
    public static GoldenJob Nested()
    {
        Reading[][] splits = Reading.Splits(2, 200);
        List<string> expected = [.. splits.SelectMany(s => s).GroupBy(r => r.Time - (r.Time % 500)).Select(g => $"all {g.Key}: {Reading.Count(g)}")];
        return new GoldenJob("windows over windows", Define, expected);

        void Define(StreamEnvironment env) => env.FromSource(new ListSource<Reading>("readings", splits), Reading.Watermarks)
            .KeyBy(r => r.Key)
            .Window(TumblingWindows.Of(TimeSpan.FromMilliseconds(100))).Aggregate(new KeyedJobs.SumOfReadings()).WithUid("inner")
            .KeyBy(_ => "all")
            .Window(TumblingWindows.Of(TimeSpan.FromMilliseconds(500)))
            .Aggregate(new SumOfSums(), (window, key, result) => $"{key} {window.Start}: {result.Count}:{result.Sum}").WithUid("outer")
            .Collect("out");
    }

    private readonly struct SumOfSums : IAggregate<CountSum, CountSum, CountSum>
    {
        public CountSum Create() => default;

        public void Add(ref CountSum accumulator, in CountSum value)
        {
            accumulator.Count += value.Count;
            accumulator.Sum += value.Sum;
        }

        public CountSum Result(in CountSum accumulator) => accumulator;

        public void Merge(ref CountSum into, in CountSum from) => Add(ref into, in from);
    }
}
