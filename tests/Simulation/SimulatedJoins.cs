namespace OrleansStream.Simulation;

/// <summary>Sessions and joins: windows that merge, and state of two sides.</summary>
internal sealed partial record SimulatedJob
{
    private const int GapMs = 70;

    private static SimulatedJob Sessions(SeededRandom random)
    {
        Event[][] splits = Splits(random, 2);
        List<string> expected = [];
        foreach (IGrouping<int, Event> key in splits.SelectMany(s => s).GroupBy(e => e.Key))
        {
            List<Event> session = [];
            foreach (Event e in key.OrderBy(e => e.Time))
            {
                if (session.Count > 0 && e.Time > session[^1].Time + GapMs)
                {
                    expected.Add(Session(session));
                    session = [];
                }

                session.Add(e);
            }

            expected.Add(Session(session));
        }

        return new SimulatedJob(
            "sessions", expected,
            (env, sink) => env.FromSource(Source(splits), s_watermarks).WithUid("source")
                .KeyBy(e => e.Key).Window(SessionWindows.WithGap(TimeSpan.FromMilliseconds(GapMs)))
                .Aggregate(new CountAndSum(), (window, key, r) => $"{key} {window.Start} to {window.End}: {r.Count} {r.Sum}").WithUid("sessions")
                .SinkTo(sink()).WithUid("sink"));

        static string Session(List<Event> events) =>
            $"{events[0].Key} {events[0].Time} to {events[^1].Time + GapMs}: {events.Count} {events.Sum(e => e.Value)}";
    }

    private static SimulatedJob InWindows(SeededRandom random)
    {
        Event[][] left = Splits(random, 2);
        Event[][] right = Splits(random, 1, keys: 8);
        return new SimulatedJob(
            "join in windows",
            [
                .. from l in left.SelectMany(s => s)
                   join r in right.SelectMany(s => s) on (l.Key, l.Time / 100) equals (r.Key, r.Time / 100)
                   select Pair(l, r),
            ],
            (env, sink) => env.FromSource(Source(left), s_watermarks).WithUid("left")
                .Join(env.FromSource(Source(right), s_watermarks).WithUid("right"))
                .On(l => l.Key, r => r.Key).Window(TumblingWindows.Of(TimeSpan.FromMilliseconds(100)))
                .Select(Pair).WithUid("join")
                .SinkTo(sink()).WithUid("sink"));
    }

    private static SimulatedJob BetweenTimes(SeededRandom random)
    {
        Event[][] left = Splits(random, 2);
        Event[][] right = Splits(random, 1, keys: 8);
        return new SimulatedJob(
            "join between times",
            [
                .. from l in left.SelectMany(s => s)
                   join r in right.SelectMany(s => s) on l.Key equals r.Key
                   where r.Time - l.Time is >= -20 and < 60
                   select Pair(l, r),
            ],
            (env, sink) => env.FromSource(Source(left), s_watermarks).WithUid("left")
                .Join(env.FromSource(Source(right), s_watermarks).WithUid("right"))
                .On(l => l.Key, r => r.Key).Between(TimeSpan.FromMilliseconds(-20), TimeSpan.FromMilliseconds(60)).UpperExclusive()
                .Select(Pair).WithUid("join")
                .SinkTo(sink()).WithUid("sink"));
    }

    private static string Pair(Event left, Event right) => $"{left.Key}: {left.Time} {left.Value}, {right.Time} {right.Value}";
}
