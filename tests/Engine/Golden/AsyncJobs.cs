namespace OrleansStream.Engine.Tests.GoldenJobs;

internal static class AsyncJobs
{
    /// <summary>An ordered call between source and windows, which come out whole only if no record goes past a watermark, and calls without an order, some of which fail at first, behind them.</summary>
    public static GoldenJob LookUps()
    {
        // Of different length, so that splits move between subtasks when a run goes on.
        Reading[][] splits = [.. Reading.Splits(3, 140).Select((split, i) => split[..(20 + (60 * i))])];
        string[] expected =
        [
            .. splits.SelectMany(s => s).GroupBy(r => (r.Key, Start: r.Time - (r.Time % 100)))
                .Select(g => $"{g.Key.Key} {g.Key.Start}: {g.Count()}, {g.Sum(r => r.Value)} looked up"),
        ];
        return new GoldenJob("asynchronous calls in order and as they come", Define, expected);

        void Define(StreamEnvironment env) => env.FromSource(new ListSource<Reading>("readings", splits), Reading.Watermarks)
            .ProcessAsync(new LookUp<Reading, Reading>(r => r.Value % 4, r => r), new AsyncOptions { Capacity = 7 })
            .KeyBy(r => r.Key)
            .Window(TumblingWindows.Of(TimeSpan.FromMilliseconds(100)))
            .Aggregate(new KeyedJobs.SumOfReadings(), (window, key, result) => $"{key} {window.Start}: {result.Count}, {result.Sum}")
            .ProcessAsync(
                new LookUp<string, string>(text => text.Length % 5, text => $"{text} looked up"),
                new AsyncOptions { Ordered = false, Capacity = 5, Retry = Retry.Fixed(20, TimeSpan.FromMilliseconds(1)) })
            .Collect("out");
    }

    private sealed class LookUp<TIn, TOut>(Func<TIn, int> delayMs, Func<TIn, TOut> result) : AsyncFunction<TIn, TOut>
    {
        private TimeProvider _time = TimeProvider.System;
        private int _calls;

        public override void Open(OpenContext context) => _time = TestTime.Of(context.Services);

        public override async ValueTask ProcessAsync(TIn value, Output<TOut> output, CancellationToken cancel)
        {
            bool fails = typeof(TIn) == typeof(string) && Interlocked.Increment(ref _calls) % 11 == 5;
            if (delayMs(value) is > 0 and int ms)
            {
                await _time.WaitAsync(ms, cancel);
            }

            output.Emit(result(value));
            if (fails)
            {
                throw new InvalidOperationException("the service is busy");
            }
        }
    }
}
