namespace OrleansStream.Engine.Tests.GoldenJobs;

internal static class StatelessJobs
{
    private static readonly OutputTag<int> s_odd = new("odd");

    /// <summary>A chain with fan-out, a filter and a side output that is read twice.</summary>
    public static GoldenJob Chain()
    {
        Reading[][] splits = Reading.Splits(3, 150);
        List<string> expected = [];
        foreach (Reading r in splits.SelectMany(s => s))
        {
            int doubled = r.Value * 2;
            if (doubled % 3 != 0)
            {
                for (int i = 0; i < doubled % 5; i++)
                {
                    int value = doubled + i;
                    expected.Add(value % 2 == 0 ? $"even {value}" : $"odd {value}");
                    if (value % 2 != 0)
                    {
                        expected.Add($"odd again {value}");
                    }
                }
            }
        }

        return new GoldenJob("stateless chain with fan-out and side output", Define, expected);

        void Define(StreamEnvironment env)
        {
            OperatorStream<string> even = env.FromSource(new ListSource<Reading>("readings", splits), Reading.Watermarks)
                .Map(r => r.Value * 2)
                .Filter(v => v % 3 != 0)
                .FlatMap((in int v, Output<int> output) =>
                {
                    for (int i = 0; i < v % 5; i++)
                    {
                        output.Emit(v + i);
                    }
                })
                .Process(new Parted());
            DataStream<int> odd = even.GetSideOutput(s_odd);
            even.Collect("out");
            odd.Map(v => $"odd {v}").WithName("odd").Collect("out").WithName("collect odd");
            odd.Rebalance().Map(v => $"odd again {v}").WithName("odd again").Collect("out").WithName("collect odd again");
        }
    }

    /// <summary>All edges that do not look at a key, between operators of different parallelism.</summary>
    public static GoldenJob Edges()
    {
        int[][] splits = [[.. Enumerable.Range(0, 200)], [.. Enumerable.Range(1000, 120)]];
        List<string> expected = [];
        foreach (int v in splits.SelectMany(s => s))
        {
            expected.AddRange(Enumerable.Repeat($"broadcast {v}", 3));
            expected.Add($"single {v}");
        }

        return new GoldenJob("rebalance, rescale and broadcast edges", Define, expected);

        void Define(StreamEnvironment env)
        {
            OperatorStream<int> numbers = env.FromSource(new ListSource<int>("numbers", splits))
                .Rebalance().Map(v => v).WithName("four").WithParallelism(4)
                .Rescale().Map(v => v).WithName("two").WithParallelism(2);
            numbers.Rescale().Map(v => v).WithName("five").WithParallelism(5)
                .Broadcast().Map(v => $"broadcast {v}").WithName("three").WithParallelism(3)
                .Collect("out");
            numbers.Map(v => $"single {v}").WithName("single").WithParallelism(1).Collect("out").WithName("collect single");
        }
    }

    /// <summary>A union of sources of different length, of a derived stream and of a stream with itself.</summary>
    public static GoldenJob Union()
    {
        int[][] first = [[.. Enumerable.Range(0, 250)], [.. Enumerable.Range(300, 10)]];
        int[][] second = [[.. Enumerable.Range(5000, 40)]];
        IEnumerable<int> ones = first.SelectMany(s => s);
        IEnumerable<int> twos = second.SelectMany(s => s);
        List<string> expected = [.. ones.Concat(ones).Concat(twos).Concat(twos.Select(v => -v)).GroupBy(v => v % 10).Select(g => $"{g.Key}: {g.Count()}, {g.Sum()}")];
        return new GoldenJob("union of sources of different length", Define, expected);

        void Define(StreamEnvironment env)
        {
            OperatorStream<int> a = env.FromSource(new ListSource<int>("long", first), Times());
            OperatorStream<int> b = env.FromSource(new ListSource<int>("short", second), Times());
            a.Union(a, b, b.Map(v => -v))
                .KeyBy(v => v % 10)
                .Window(TumblingWindows.Of(TimeSpan.FromDays(1)))
                .Aggregate(new CountAndSum(), (_, key, result) => $"{key}: {result.Count}, {result.Sum}")
                .Collect("out");
        }

        static WatermarkStrategy<int> Times() => WatermarkStrategy.Monotonous<int>().WithTimestamps(v => (long)Math.Abs(v));
    }

    private sealed class Parted : ProcessFunction<int, string>
    {
        public override void Process(in int value, FunctionContext context, Output<string> output)
        {
            if (value % 2 == 0)
            {
                output.Emit($"even {value}");
            }
            else
            {
                context.Emit(s_odd, in value);
            }
        }
    }
}

internal record struct CountSum(long Count, long Sum);

internal readonly struct CountAndSum : IAggregate<int, CountSum, CountSum>
{
    public CountSum Create() => default;

    public void Add(ref CountSum accumulator, in int value)
    {
        accumulator.Count++;
        accumulator.Sum += value;
    }

    public CountSum Result(in CountSum accumulator) => accumulator;

    public void Merge(ref CountSum into, in CountSum from)
    {
        into.Count += from.Count;
        into.Sum += from.Sum;
    }
}
