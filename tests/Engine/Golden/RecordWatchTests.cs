namespace OrleansStream.Engine.Tests.GoldenJobs;

/// <summary>Whoever changes a record is found, wherever he does, and who does not is left in peace.</summary>
public sealed class RecordWatchTests
{
    [Fact]
    public void A_map_that_changes_what_it_gets_is_named()
    {
        string message = Found(boxes => boxes.Map(box =>
        {
            box.Number++;
            return box;
        }).WithName("guilty").Filter(_ => true));

        Assert.Contains("from 'boxes' to 'guilty'", message, StringComparison.Ordinal);
        Assert.Contains("Box 1 ", message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_function_behind_an_exchange_that_changes_what_it_keeps_is_named() =>
        Assert.Contains("to 'Keeping'", Found(boxes => boxes.Filter(_ => true).KeyBy(box => box.Number % 2).Process(new Keeping())), StringComparison.Ordinal);

    [Fact]
    public void A_function_that_emits_one_object_again_and_again_is_found() =>
        Assert.Contains("from 'Reusing'", Found(boxes => boxes.Process(new Reusing()).Filter(_ => true)), StringComparison.Ordinal);

    [Fact]
    public void What_is_changed_at_the_end_is_found_by_verify()
    {
        RecordWatch watch = new();
        Box[] seen = new Box[1];
        SeededCluster cluster = new(1);
        cluster.Submit("boxes", watch.Watch(env => Boxes(env).Filter(box => (seen[0] = box) is not null).Map(box => box.Number).Collect("out"))).RunToEnd();
        Assert.True(watch.Sightings >= 20, $"{watch.Sightings} sightings");

        seen[0].Number = 99;

        Assert.Contains("now it is Box 99", Assert.Throws<RecordChangedException>(watch.Verify).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("windows over windows")]
    [InlineData("connected streams by key")]
    [InlineData("join between times")]
    public void The_golden_jobs_change_nothing_and_are_not_changed_by_being_watched(string name)
    {
        GoldenJob job = AllGoldenJobs.Find(name);
        Golden.Verify(job.Define, job.Expected, job.Options with { WatchRecords = true, BatchSizes = [7] });
    }

    private static string Found<T>(Func<OperatorStream<Box>, DataStream<T>> define)
    {
        RecordWatch watch = new();
        SeededCluster cluster = new(1);
        Exception? found = Record.Exception(() =>
        {
            cluster.Submit("boxes", watch.Watch(env => define(Boxes(env)).Collect("out")), new JobOptions { Parallelism = 2, BatchSize = 1 }).RunToEnd();
            watch.Verify();
        });
        return found is UserCodeException { InnerException: RecordChangedException } or RecordChangedException
            ? found.Message
            : throw new InvalidOperationException($"Nobody was found, but {found}");
    }

    private static OperatorStream<Box> Boxes(StreamEnvironment env) =>
        env.FromSource(new ListSource<Box>("boxes", [[.. Enumerable.Range(1, 20).Select(i => new Box { Number = i })]]));

    internal sealed class Box
    {
        public int Number { get; set; }

        public override string ToString() => $"Box {Number} ";
    }

    private sealed class Keeping : KeyedProcessFunction<int, Box, Box>
    {
        private Box? _last;

        public override void Process(in Box value, KeyedContext<int> context, Output<Box> output)
        {
            _last ??= value;
            _last.Number += 100;
            output.Emit(new Box { Number = 1 });
        }
    }

    private sealed class Reusing : ProcessFunction<Box, Box>
    {
        private readonly Box _one = new();

        public override void Process(in Box value, FunctionContext context, Output<Box> output)
        {
            _one.Number = value.Number;
            output.Emit(_one);
        }
    }
}
