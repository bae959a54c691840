namespace OrleansStream.Engine.Tests.GoldenJobs;

/// <summary>Records that are combined before the exchange, in tables that are often full.</summary>
internal static class CombineJobs
{
    private const int GapMs = 40;
    private static readonly OutputTag<Reading> s_late = new("late");
    private static readonly CombineOptions s_few = new() { Capacity = 5 };

    /// <summary>Every kind of window, running results, and salted windows; no record is late. A key is in several splits.</summary>
    public static GoldenJob OnTime()
    {
        Reading[][] splits = [.. Reading.Splits(3, 120).Select(split => split.Select(r => r with { Key = r.Key % 4 }).ToArray())];
        Reading[] all = [.. splits.SelectMany(s => s)];
        List<string> expected =
        [
            .. all.GroupBy(r => (r.Key, Start: r.Time - (r.Time % 250))).SelectMany(g => Twice("tumbling", $"{g.Key.Key} {g.Key.Start}: {Reading.Count(g)}")),
            .. all.SelectMany(r => Enumerable.Range(0, 5).Select(i => (r, Start: r.Time - (r.Time % 50) - (i * 50)))).Where(p => p.r.Time < p.Start + 230)
                .GroupBy(p => (p.r.Key, p.Start), p => p.r).SelectMany(g => Twice("sliding", $"{g.Key.Key} {g.Key.Start}: {Reading.Count(g)}")),
            .. all.GroupBy(r => r.Time - (r.Time % 100)).Select(g => $"all {g.Key}: {Reading.Count(g)}"),
            .. all.GroupBy(r => r.Key).Select(g => $"total {g.Key}: {Reading.Count(g)}"),
            .. all.GroupBy(r => r.Key).Select(g => $"largest {g.Key}: {g.Max(r => r.Value)}"),
        ];
        foreach (IGrouping<int, Reading> key in all.GroupBy(r => r.Key))
        {
            List<Reading> session = [];
            foreach (Reading r in key.OrderBy(r => r.Time))
            {
                if (session.Count > 0 && r.Time > session[^1].Time + GapMs)
                {
                    expected.Add(Session(session));
                    session = [];
                }

                session.Add(r);
            }

            expected.Add(Session(session));
        }

        return new GoldenJob("combined windows and running results", Define, expected);

        static string[] Twice(string kind, string text) => [$"{kind} {text}", $"salted {kind} {text}"];

        static string Session(List<Reading> session) => $"session {session[0].Key} {session[0].Time} to {session[^1].Time + GapMs}: {Reading.Count(session)}";

        void Define(StreamEnvironment env)
        {
            KeyedStream<int, Reading> keyed = env.FromSource(new ListSource<Reading>("readings", splits), Reading.Watermarks).KeyBy(r => r.Key);
            DataStream<string> results = keyed.Window(TumblingWindows.Of(TimeSpan.FromMilliseconds(250))).CombineLocally(s_few)
                .Aggregate(new KeyedJobs.SumOfReadings(), (window, key, result) => $"tumbling {key} {window.Start}: {result.Count}:{result.Sum}").WithUid("tumbling");
            results = results.Union(
                keyed.Window(SlidingWindows.Of(TimeSpan.FromMilliseconds(230), TimeSpan.FromMilliseconds(50))).CombineLocally(s_few)
                    .Aggregate(new KeyedJobs.SumOfReadings(), (window, key, result) => $"sliding {key} {window.Start}: {result.Count}:{result.Sum}").WithUid("sliding"),
                keyed.Window(TumblingWindows.Of(TimeSpan.FromMilliseconds(250))).Salt(3, "salted parts")
                    .Aggregate(new KeyedJobs.SumOfReadings(), (window, key, result) => $"salted tumbling {key} {window.Start}: {result.Count}:{result.Sum}").WithUid("salted"),
                keyed.Window(SlidingWindows.Of(TimeSpan.FromMilliseconds(230), TimeSpan.FromMilliseconds(50))).Salt(2, "salted slides' parts")
                    .Aggregate(new KeyedJobs.SumOfReadings(), (window, key, result) => $"salted sliding {key} {window.Start}: {result.Count}:{result.Sum}").WithUid("salted slides"),
                keyed.Window(SessionWindows.WithGap(TimeSpan.FromMilliseconds(GapMs))).CombineLocally(s_few)
                    .Aggregate(new KeyedJobs.SumOfReadings(), (window, key, result) => $"session {key} {window.Start} to {window.End}: {result.Count}:{result.Sum}").WithUid("sessions"),
                keyed.WindowAll(TumblingWindows.Of(TimeSpan.FromMilliseconds(100))).CombineLocally()
                    .Aggregate(new KeyedJobs.SumOfReadings(), (window, result) => $"all {window.Start}: {result.Count}:{result.Sum}").WithUid("all"),
                Last(keyed.CombineLocally(s_few).Aggregate(new KeyedJobs.SumOfReadings(), (key, result) => (key, result.Count, result.Sum)).WithUid("totals"), "last totals")
                    .Map(t => $"total {t.Key}: {t.Count}:{t.Sum}"),
                keyed.CombineLocally(s_few).Reduce((a, b) => a with { Value = Math.Max(a.Value, b.Value) }).WithUid("largest")
                    .KeyBy(r => r.Key).Window(TumblingWindows.Of(TimeSpan.FromDays(1))).Reduce((a, b) => a.Value > b.Value ? a : b).WithUid("last largest")
                    .Map(r => $"largest {r.Key}: {r.Value}"));
            results.Collect("out");
        }

        // What the running results come to in the end, however many of them were left out.
        static OperatorStream<(int Key, long Count, long Sum)> Last(OperatorStream<(int Key, long Count, long Sum)> running, string uid) => running
            .KeyBy(t => t.Key).Window(TumblingWindows.Of(TimeSpan.FromDays(1))).Reduce((a, b) => a.Count > b.Count ? a : b).WithUid(uid);
    }

    /// <summary>Late records of one split, with a watermark after each record: what <see cref="WindowJobs.Late"/> gives, combined.</summary>
    public static GoldenJob Late() => WindowJobs.Late("late records of one split, combined", windows => windows.CombineLocally(s_few), s_late);
}
