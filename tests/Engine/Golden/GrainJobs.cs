using OrleansStream.State;

namespace OrleansStream.Engine.Tests.GoldenJobs;

internal static class GrainJobs
{
    /// <summary>A keyed grain with calls that wait, state of several kinds, and event-time timers.</summary>
    public static GoldenJob Accounts()
    {
        Reading[][] splits = Reading.Splits(3, 120);
        List<string> expected = [];
        foreach (IGrouping<int, Reading> key in splits.SelectMany(s => s).GroupBy(r => r.Key))
        {
            int sum = 0;
            foreach (Reading r in key)
            {
                expected.Add($"{key.Key}: {sum += r.Value}");
            }

            foreach (IGrouping<long, Reading> bucket in key.GroupBy(r => r.Time - (r.Time % 100)))
            {
                expected.Add($"{key.Key} {bucket.Key}: {string.Join('+', bucket.Select(r => r.Value))}");
            }
        }

        return new GoldenJob("keyed grains with calls that wait", Define, expected);

        void Define(StreamEnvironment env) => env.FromSource(new ListSource<Reading>("readings", splits), Reading.Watermarks)
            .KeyBy(r => r.Key).ProcessGrain(() => new Adding(), 4).WithUid("accounts").Collect("out");
    }

    private sealed class Adding : KeyGrain<int, Reading, string>
    {
        private TimeProvider _time = TimeProvider.System;
        private ValueState<int> _sum = null!;
        private MapState<long, List<int>> _buckets = null!;

        public override void Open(OpenContext context)
        {
            _time = TestTime.Of(context.Services);
            _sum = context.State.Value<int>("sum");
            _buckets = context.State.Map<long, List<int>>("buckets");
        }

        public override async ValueTask ProcessAsync(IReadOnlyList<Reading> batch, Output<string> output, CancellationToken cancel)
        {
            foreach (Reading reading in batch)
            {
                if (reading.Value % 3 == 0)
                {
                    await _time.WaitAsync(1, cancel);
                }

                _sum.Set(_sum.GetOr(0) + reading.Value);
                output.Emit($"{Key}: {_sum.GetOr(0)}");
                long bucket = reading.Time - (reading.Time % 100);
                if (!_buckets.TryGet(bucket, out List<int>? values))
                {
                    values = [];
                }

                values.Add(reading.Value);
                _buckets.Set(bucket, values);
                Context.Timers.RegisterEventTime(bucket + 99);
            }
        }

        public override async ValueTask OnTimerAsync(FiredTimer timer, Output<string> output, CancellationToken cancel)
        {
            await _time.WaitAsync(1, cancel);
            long bucket = timer.Time - 99;
            Assert.True(_buckets.TryGet(bucket, out List<int>? values));
            _buckets.Remove(bucket);
            output.Emit($"{Key} {bucket}: {string.Join('+', values)}");
        }
    }
}
