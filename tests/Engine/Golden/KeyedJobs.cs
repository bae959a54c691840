using OrleansStream.State;

namespace OrleansStream.Engine.Tests.GoldenJobs;

internal static class KeyedJobs
{
    /// <summary>Running aggregate and reduce: every intermediate result, since the records of a key have one order.</summary>
    public static GoldenJob Running()
    {
        Reading[][] splits = Reading.Splits(3, 150);
        List<string> expected = [];
        foreach (IGrouping<int, Reading> key in splits.SelectMany(s => s).GroupBy(r => r.Key))
        {
            long count = 0;
            long sum = 0;
            int largest = int.MinValue;
            foreach (Reading r in key)
            {
                expected.Add($"sum {key.Key}: {++count}, {sum += r.Value}");
                expected.Add($"max {key.Key}: {largest = Math.Max(largest, r.Value)}");
            }
        }

        return new GoldenJob("running aggregate and reduce", Define, expected);

        void Define(StreamEnvironment env)
        {
            KeyedStream<int, Reading> keyed = env.FromSource(new ListSource<Reading>("readings", splits), Reading.Watermarks).KeyBy(r => r.Key);
            keyed.Aggregate(new SumOfReadings(), (key, result) => $"sum {key}: {result.Count}, {result.Sum}").Collect("out");
            keyed.Reduce((a, b) => a with { Value = Math.Max(a.Value, b.Value) }).Map(r => $"max {r.Key}: {r.Value}").Collect("out").WithName("collect max");
        }
    }

    /// <summary>String keys, all kinds of keyed state, event-time timers, two functions one behind the other.</summary>
    public static GoldenJob States()
    {
        Reading[][] splits = Reading.Splits(3, 200);
        List<string> expected = [];
        foreach (IGrouping<int, Reading> key in splits.SelectMany(s => s).GroupBy(r => r.Key))
        {
            foreach (IGrouping<long, Reading> bucket in key.GroupBy(r => Bucket(r.Time)))
            {
                expected.Add(Summary($"k{key.Key}", bucket.Key, bucket.Select(r => r.Value)));
            }

            expected.Add($"total k{key.Key}: {Reading.Count(key)}");
        }

        return new GoldenJob("keyed process with timers and all kinds of state", Define, expected);

        void Define(StreamEnvironment env)
        {
            OperatorStream<string> buckets = env.FromSource(new ListSource<Reading>("readings", splits), Reading.Watermarks)
                .KeyBy(r => $"k{r.Key}")
                .Process(new Buckets())
                .WithUid("buckets");
            buckets.Collect("out");
        }
    }

    /// <summary>Two sources of different length that meet by key, with timers and shared state.</summary>
    public static GoldenJob Connected()
    {
        Reading[][] left = Reading.Splits(2, 180, seed: 11);
        Reading[][] right = Reading.Splits(1, 60, keysPerSplit: 8, seed: 99);
        List<string> expected = [];
        foreach (int key in left.Concat(right).SelectMany(s => s).Select(r => r.Key).Distinct())
        {
            IEnumerable<Reading> lefts = left.SelectMany(s => s).Where(r => r.Key == key);
            IEnumerable<Reading> rights = right.SelectMany(s => s).Where(r => r.Key == key);
            foreach (long bucket in lefts.Concat(rights).Select(r => Bucket(r.Time)).Distinct())
            {
                expected.Add($"{key} {bucket}: {Reading.Count(lefts.Where(r => Bucket(r.Time) == bucket))} and {Reading.Count(rights.Where(r => Bucket(r.Time) == bucket))}");
            }
        }

        return new GoldenJob("connected streams by key", Define, expected);

        void Define(StreamEnvironment env)
        {
            KeyedStream<int, Reading> lefts = env.FromSource(new ListSource<Reading>("left", left), Reading.Watermarks).KeyBy(r => r.Key);
            KeyedStream<int, (int Key, long Time, int Value)> rights = env.FromSource(new ListSource<Reading>("right", right), Reading.Watermarks)
                .Map(r => (r.Key, r.Time, r.Value)).KeyBy(r => r.Key);
            lefts.Connect(rights).Process(new Meeting()).Collect("out");
        }
    }

    /// <summary>Streams that are connected without a key: rules that every subtask gets, records that one gets.</summary>
    public static GoldenJob Unkeyed()
    {
        int[][] records = [[.. Enumerable.Range(0, 150)], [.. Enumerable.Range(500, 20)]];
        int[][] rules = [[.. Enumerable.Range(1, 12)]];
        List<string> expected = [.. records.SelectMany(s => s).Select(v => $"record {v}")];
        expected.AddRange(rules[0].SelectMany(r => Enumerable.Repeat($"rule {r}", 3)));
        return new GoldenJob("connected streams without a key, with operator lists", Define, expected);

        void Define(StreamEnvironment env)
        {
            OperatorStream<int> data = env.FromSource(new ListSource<int>("records", records));
            DataStream<int> broadcast = env.FromSource(new ListSource<int>("rules", rules)).Broadcast();
            data.Rebalance().Connect(broadcast).Process(new Ruled()).WithParallelism(3).Collect("out").WithParallelism(2);
        }
    }

    private static long Bucket(long time) => time - (time % 100);

    private static string Summary(string key, long bucket, IEnumerable<int> values) =>
        $"{key} {bucket}: {values.Count()}, {string.Join('+', values)}, {values.Sum()}, {values.Max()}, {string.Join(' ', values.GroupBy(v => v % 3).OrderBy(g => g.Key).Select(g => $"{g.Key}x{g.Count()}"))}";

    internal readonly struct SumOfReadings : IAggregate<Reading, CountSum, CountSum>
    {
        public CountSum Create() => default;

        public void Add(ref CountSum accumulator, in Reading value)
        {
            accumulator.Count++;
            accumulator.Sum += value.Value;
        }

        public CountSum Result(in CountSum accumulator) => accumulator;

        public void Merge(ref CountSum into, in CountSum from)
        {
            into.Count += from.Count;
            into.Sum += from.Sum;
        }
    }

    private sealed class Buckets : KeyedProcessFunction<string, Reading, string>
    {
        private ValueState<int> _count = null!;
        private ListState<(long Bucket, int Value)> _values = null!;
        private MapState<long, List<int>> _byBucket = null!;
        private ReducingState<int> _sum = null!;
        private AggregatingState<Reading, CountSum> _total = null!;

        public override void Open(OpenContext context)
        {
            _count = context.State.Value<int>("count");
            _values = context.State.List<(long, int)>("values");
            _byBucket = context.State.Map<long, List<int>>("by bucket");
            _sum = context.State.Reducing<int>("sum", (a, b) => a + b);
            _total = context.State.Aggregating("total", new SumOfReadings());
        }

        public override void Process(in Reading value, KeyedContext<string> context, Output<string> output)
        {
            _count.Set(_count.GetOr(0) + 1);
            long bucket = Bucket(value.Time);
            _values.Add((bucket, value.Value));
            if (!_byBucket.TryGet(bucket, out List<int>? values))
            {
                values = [];
            }

            values.Add(value.Value);
            _byBucket.Set(bucket, values);
            _sum.Add(value.Value);
            _total.Add(value);
            context.Timers.RegisterEventTime(bucket + 99);
            context.Timers.RegisterEventTime(long.MaxValue);
            context.Timers.RegisterEventTime(bucket + 50);
            context.Timers.DeleteEventTime(bucket + 50);
        }

        public override void OnTimer(in FiredTimer timer, KeyedContext<string> context, Output<string> output)
        {
            if (timer.Time == long.MaxValue)
            {
                _total.TryGet(out CountSum total);
                Assert.Equal(total.Count, _count.GetOr(0));
                Assert.True(_sum.TryGet(out int sum));
                Assert.Equal(total.Sum, sum);
                Assert.Empty(_values.Get());
                output.Emit($"total {context.Key}: {total.Count}:{total.Sum}");
                return;
            }

            long bucket = timer.Time - 99;
            Assert.True(_byBucket.TryGet(bucket, out List<int>? values));
            Assert.Equal(values, _values.Get().Where(v => v.Bucket == bucket).Select(v => v.Value));
            _values.Update([.. _values.Get().Where(v => v.Bucket != bucket)]);
            _byBucket.Remove(bucket);
            output.Emit(Summary(context.Key, bucket, values));
        }
    }

    private sealed class Meeting : KeyedCoProcessFunction<int, Reading, (int Key, long Time, int Value), string>
    {
        private MapState<long, CountSum> _left = null!;
        private MapState<long, CountSum> _right = null!;

        public override void Open(OpenContext context)
        {
            _left = context.State.Map<long, CountSum>("left");
            _right = context.State.Map<long, CountSum>("right");
        }

        public override void Process1(in Reading value, KeyedContext<int> context, Output<string> output) => Add(_left, value.Time, value.Value, context);

        public override void Process2(in (int Key, long Time, int Value) value, KeyedContext<int> context, Output<string> output) =>
            Add(_right, value.Time, value.Value, context);

        public override void OnTimer(in FiredTimer timer, KeyedContext<int> context, Output<string> output)
        {
            long bucket = timer.Time - 99;
            output.Emit($"{context.Key} {bucket}: {Take(_left, bucket)} and {Take(_right, bucket)}");
        }

        private static void Add(MapState<long, CountSum> state, long time, int value, KeyedContext<int> context)
        {
            long bucket = Bucket(time);
            state.TryGet(bucket, out CountSum sum);
            state.Set(bucket, new CountSum(sum.Count + 1, sum.Sum + value));
            context.Timers.RegisterEventTime(bucket + 99);
        }

        private static string Take(MapState<long, CountSum> state, long bucket)
        {
            state.TryGet(bucket, out CountSum sum);
            state.Remove(bucket);
            return $"{sum.Count}:{sum.Sum}";
        }
    }

    private sealed class Ruled : CoProcessFunction<int, int, string>
    {
        private OperatorListState<int> _rules = null!;
        private OperatorListState<int> _seen = null!;

        public override void Open(OpenContext context)
        {
            _rules = context.State.OperatorList<int>("rules");
            _seen = context.State.OperatorList<int>("seen");
        }

        public override void Process1(in int value, FunctionContext context, Output<string> output)
        {
            Assert.DoesNotContain(value, _seen.Get());
            _seen.Add(value);
            output.Emit($"record {value}");
        }

        public override void Process2(in int value, FunctionContext context, Output<string> output)
        {
            _rules.Add(value);
            output.Emit($"rule {value}");
        }
    }
}
