namespace OrleansStream.Engine.Tests.GoldenJobs;

/// <summary>Sessions, joins and windows over all keys as whole jobs; no record is late.</summary>
internal static class JoinJobs
{
    private const int GapMs = 70;

    public static GoldenJob Sessions()
    {
        Reading[][] splits = Reading.Splits(3, 150);
        List<string> expected = [];
        foreach (IGrouping<int, Reading> key in splits.SelectMany(s => s).GroupBy(r => r.Key))
        {
            List<Reading> session = [];
            foreach (Reading r in key.OrderBy(r => r.Time))
            {
                if (session.Count > 0 && r.Time > session[^1].Time + GapMs)
                {
                    expected.Add(Text(session));
                    session = [];
                }

                session.Add(r);
            }

            expected.Add(Text(session));
        }

        return new GoldenJob("sessions", Define, expected);

        static string Text(List<Reading> session) =>
            $"{session[0].Key} {session[0].Time} to {session[^1].Time + GapMs}: {Reading.Count(session)}";

        void Define(StreamEnvironment env) => env.FromSource(new ListSource<Reading>("readings", splits), Reading.Watermarks)
            .KeyBy(r => r.Key)
            .Window(SessionWindows.WithGap(TimeSpan.FromMilliseconds(GapMs)))
            .Aggregate(new KeyedJobs.SumOfReadings(), (window, key, result) => $"{key} {window.Start} to {window.End}: {result.Count}:{result.Sum}")
            .Collect("out");
    }

    public static GoldenJob WindowAll()
    {
        Reading[][] splits = Reading.Splits(2, 150);
        List<string> expected = [.. splits.SelectMany(s => s).GroupBy(r => r.Time - (r.Time % 100)).Select(g => $"{g.Key}: {Reading.Count(g)}")];
        return new GoldenJob("windows over all keys", Define, expected);

        void Define(StreamEnvironment env) => env.FromSource(new ListSource<Reading>("readings", splits), Reading.Watermarks)
            .WindowAll(TumblingWindows.Of(TimeSpan.FromMilliseconds(100)))
            .Aggregate(new KeyedJobs.SumOfReadings(), (window, result) => $"{window.Start}: {result.Count}:{result.Sum}")
            .Collect("out");
    }

    public static GoldenJob InWindows()
    {
        Reading[][] left = Reading.Splits(2, 100);
        Reading[][] right = Reading.Splits(2, 100, seed: 8);
        List<string> expected =
        [
            .. from l in left.SelectMany(s => s)
               from r in right.SelectMany(s => s)
               where l.Key == r.Key && l.Time / 100 == r.Time / 100
               select $"{l} {r}",
        ];
        return new GoldenJob("join in windows", Define, expected);

        void Define(StreamEnvironment env) => env.FromSource(new ListSource<Reading>("left", left), Reading.Watermarks).WithUid("left")
            .Join(env.FromSource(new ListSource<Reading>("right", right), Reading.Watermarks).WithUid("right"))
            .On(l => l.Key, r => r.Key)
            .Window(TumblingWindows.Of(TimeSpan.FromMilliseconds(100)))
            .Select((l, r) => $"{l} {r}")
            .Collect("out");
    }

    public static GoldenJob BetweenTimes()
    {
        Reading[][] left = Reading.Splits(2, 100);
        Reading[][] right = Reading.Splits(2, 100, seed: 8);
        List<string> expected =
        [
            .. from l in left.SelectMany(s => s)
               from r in right.SelectMany(s => s)
               where l.Key == r.Key && r.Time - l.Time >= -20 && r.Time - l.Time < 90
               select $"{l} {r}",
        ];
        return new GoldenJob("join between times", Define, expected);

        void Define(StreamEnvironment env) => env.FromSource(new ListSource<Reading>("left", left), Reading.Watermarks).WithUid("left")
            .Join(env.FromSource(new ListSource<Reading>("right", right), Reading.Watermarks).WithUid("right"))
            .On(l => l.Key, r => r.Key)
            .Between(TimeSpan.FromMilliseconds(-20), TimeSpan.FromMilliseconds(90)).UpperExclusive()
            .Select((l, r) => $"{l} {r}")
            .Collect("out");
    }

    public static GoldenJob Anytime()
    {
        Reading[][] left = Reading.Splits(2, 40);
        Reading[][] right = Reading.Splits(2, 40, seed: 9);
        List<string> expected =
        [
            .. from l in left.SelectMany(s => s)
               from r in right.SelectMany(s => s)
               where l.Key == r.Key
               select $"{l} {r}",
        ];
        return new GoldenJob("join by key alone", Define, expected);

        void Define(StreamEnvironment env) => env.FromSource(new ListSource<Reading>("left", left), Reading.Watermarks).WithUid("left")
            .Join(env.FromSource(new ListSource<Reading>("right", right), Reading.Watermarks).WithUid("right"))
            .On(l => l.Key, r => r.Key)
            .Anytime(TimeSpan.FromDays(1))
            .Select((l, r) => $"{l} {r}")
            .Collect("out");
    }
}
