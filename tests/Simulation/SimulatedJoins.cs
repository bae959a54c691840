namespace OrleansStream.Simulation;

/// <summary>Sessions, joins, patterns and asynchronous calls: state of other kinds than a value per key and window.</summary>
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
            (env, sink) => env.FromSource(Source(splits), s_watermarks.WithAlignment("events", TimeSpan.FromMilliseconds(2 * GapMs))).WithUid("source")
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

    private static SimulatedJob Patterns(SeededRandom random)
    {
        const int WithinMs = 200;
        Event[][] splits = Splits(random, 2);
        List<string> expected = [];
        foreach (IGrouping<int, Event> key in splits.SelectMany(s => s).GroupBy(e => e.Key))
        {
            // Events of one time are in the order in which they come, as both sorts keep it.
            Event[] inOrder = [.. key.OrderBy(e => e.Time)];
            for (int i = 0; i < inOrder.Length; i++)
            {
                int high = inOrder[i].Value < 30 ? Array.FindIndex(inOrder, i + 1, e => e.Value > (2 * inOrder[i].Value) + 30) : -1;
                if (high >= 0 && inOrder[high].Time - inOrder[i].Time < WithinMs)
                {
                    expected.Add(Pair(inOrder[i], inOrder[high]));
                }
            }
        }

        return new SimulatedJob(
            "pattern", expected,
            (env, sink) => env.FromSource(Source(splits), s_watermarks).WithUid("source")
                .KeyBy(e => e.Key)
                .Match(Pattern.Begin<Event>("low").Where(e => e.Value < 30)
                    .FollowedBy("high").Where((e, match) => e.Value > (2 * match["low"][0].Value) + 30)
                    .Within(TimeSpan.FromMilliseconds(WithinMs)))
                .Process<string>((_, match, output) => output.Emit(Pair(match["low"][0], match["high"][0]))).WithUid("pattern")
                .SinkTo(sink()).WithUid("sink"));
    }

    // Ordered calls before windows, which come out whole only if no record goes past a watermark; calls in any order behind them. Some fail at first.
    private static SimulatedJob Calls(SeededRandom random)
    {
        Event[][] splits = Splits(random, 2);
        return new SimulatedJob(
            "asynchronous calls",
            [.. splits.SelectMany(s => s).GroupBy(e => (e.Key, Start: e.Time - (e.Time % 200))).Select(g => $"{Row(g.Key.Key, g.Key.Start, g)} looked up")],
            (env, sink) =>
            {
                int calls = 0;
                env.FromSource(Source(splits), s_watermarks).WithUid("source")
                    .MapAsync((e, _) => ++calls % 11 == 5 ? throw new InvalidOperationException("The service is busy.") : ValueTask.FromResult(e),
                        new AsyncOptions { Capacity = 7, Retry = Retry.Fixed(20, TimeSpan.FromMilliseconds(30)) }).WithUid("first calls")
                    .KeyBy(e => e.Key).Window(TumblingWindows.Of(TimeSpan.FromMilliseconds(200)))
                    .Aggregate(new CountAndSum(), (window, key, r) => $"{key} {window.Start}: {r.Count} {r.Sum}").WithUid("windows")
                    .MapAsync((text, _) => ++calls % 7 == 5 ? throw new InvalidOperationException("The service is busy.") : ValueTask.FromResult($"{text} looked up"),
                        new AsyncOptions { Ordered = false, Capacity = 5, Retry = Retry.Fixed(20, TimeSpan.FromMilliseconds(30)) }).WithUid("last calls")
                    .SinkTo(sink()).WithUid("sink");
            });
    }

    private static string Pair(Event left, Event right) => $"{left.Key}: {left.Time} {left.Value}, {right.Time} {right.Value}";
}
