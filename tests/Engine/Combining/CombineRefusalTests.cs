using OrleansStream.Engine.Jobs;
using OrleansStream.Engine.Tests.GoldenJobs;
using OrleansStream.Engine.Tests.Windowing;
using OrleansStream.Graph;

namespace OrleansStream.Engine.Tests.Combining;

/// <summary>What cannot be combined says why when the graph is built, and what can runs in the tasklet of its sender.</summary>
public sealed class CombineRefusalTests
{
    private static readonly TumblingWindows s_tens = TumblingWindows.Of(TimeSpan.FromMilliseconds(10));

    [Fact]
    public void An_aggregate_without_merge_is_refused()
    {
        RequireRefused(k => k.CombineLocally().Aggregate(new NotMerging(), (_, r) => r), "NotMerging has no Merge");
        RequireRefused(k => k.Window(s_tens).CombineLocally().Aggregate(new NotMerging()), "NotMerging has no Merge");
    }

    [Fact]
    public void What_goes_by_single_records_is_refused()
    {
        RequireRefused(k => k.Window(s_tens).CombineLocally().Trigger(Trigger.Count(3)).Aggregate(new Merging()), "triggers, evictors and Discarding go by single records");
        RequireRefused(k => k.Window(s_tens).Evict(Evictor.Count<Item>(2)).CombineLocally().Aggregate(new Merging()), "triggers, evictors and Discarding go by single records");
        RequireRefused(k => k.CountWindow(3).CombineLocally().Aggregate(new Merging()), "triggers, evictors and Discarding go by single records");
        RequireRefused(k => k.Window(s_tens.InProcessingTime()).CombineLocally().Aggregate(new Merging()), "processing time");
        RequireRefused(k => k.Window(GlobalWindows.Create()).CombineLocally().Aggregate(new Merging()), "not known which records share");
        RequireRefused(k => k.Window(s_tens).CombineLocally().Process(new Nothing()), "Nothing wants to see them all");
    }

    [Fact]
    public void Options_out_of_their_range_are_refused()
    {
        RequireRefused(k => k.CombineLocally(new CombineOptions { Capacity = 0 }).Reduce((a, _) => a).Map(i => i.Key), "Capacity = 0");
        RequireRefused(k => k.Window(s_tens).CombineLocally(new CombineOptions { MaxDelay = TimeSpan.Zero }).Aggregate(new Merging()), "MaxDelay = 00:00:00");
    }

    [Fact]
    public void Windows_that_cannot_be_salted_are_refused()
    {
        RequireRefused(k => k.Window(s_tens).Salt(1).Aggregate(new Merging(), (_, _, r) => r), "Salt(1) spreads nothing");
        RequireRefused(k => k.Window(s_tens).AllowLateness(TimeSpan.FromMilliseconds(5)).Salt(4).Aggregate(new Merging(), (_, _, r) => r), "lateness=5");
        RequireRefused(k => k.Window(SessionWindows.WithGap(TimeSpan.FromMilliseconds(5))).Salt(4).Aggregate(new Merging(), (_, _, r) => r), "session gap=5");
        RequireRefused(k => k.Window(s_tens).Salt(4).Aggregate(new NotMerging(), (_, _, r) => r), "NotMerging has no Merge");
    }

    [Fact]
    public void The_operator_of_the_sender_learns_of_a_late_output_and_of_other_senders()
    {
        OutputTag<Item> late = new("late");
        Assert.Equal([(true, false)], Senders(s => s, w => w));
        Assert.Equal([(true, true)], Senders(s => s, w => w.SideOutputLate(late)));
        Assert.Equal([(false, true), (false, true)], Senders(s => s.Union(s.Map(i => i)), w => w.SideOutputLate(late)));

        static IEnumerable<(bool IsOnly, bool HasLateOutput)> Senders(Func<DataStream<Item>, DataStream<Item>> stream, Func<WindowedStream<string, Item>, WindowedStream<string, Item>> windows)
        {
            StreamEnvironment env = new();
            windows(stream(env.FromSource(new ListSource<Item>("items", []))).KeyBy(i => i.Key).Window(s_tens)).CombineLocally().Aggregate(new Merging());
            return env.Nodes.OfType<CombineNode<string, Item, (long Count, long Sum, long Least), string>>().Select(n => (n.IsOnly, n.HasLateOutput));
        }
    }

    [Fact]
    public void Of_a_hot_key_few_records_cross_the_exchange()
    {
        SeededCluster cluster = new(5);
        Item[] items = [.. Enumerable.Range(0, 5000).Select(i => new Item("hot", i, i))];
        SeededJob job = cluster.Submit(
            "hot",
            env => env.FromSource(new ListSource<Item>("items", [items, items]), WatermarkStrategy.Monotonous<Item>().WithTimestamps(i => i.Timestamp))
                .KeyBy(i => i.Key).Window(TumblingWindows.Of(TimeSpan.FromMilliseconds(1000))).CombineLocally()
                .Aggregate(new Merging(), (window, key, result) => $"{key} {window.Start}: {result}").WithUid("windows").Collect("out"),
            new JobOptions { Parallelism = 2, WatermarkInterval = TimeSpan.Zero });
        job.RunToRunning();
        cluster.RunUntil(() => job.Status.Operators.SingleOrDefault(o => o.Uid == "windows") is { Watermark: long.MaxValue } || job.Outcome is not null, "the end of the windows");
        IReadOnlyList<OperatorStatus> operators = job.Status.Operators;
        job.RunToEnd();

        OperatorStatus combine = operators.Single(o => o.Name == "combine");
        Assert.Equal(10_000, combine.RecordsIn);
        // One for each window of each sender, and as many again where a window had begun when the one before it had to leave.
        Assert.InRange(combine.RecordsOut, 10, 20);
        Assert.Equal(combine.RecordsOut, operators.Single(o => o.Uid == "windows").RecordsIn);
        Assert.Equal(operators[0].Chain, combine.Chain);
        Assert.Equal(
            Enumerable.Range(0, 5).Select(w => $"hot {w * 1000}: 2000 {Enumerable.Range(w * 1000, 1000).Sum(i => 2L * i)} {w * 1000}"), cluster.Results.Get<string>("out").Order(StringComparer.Ordinal));
    }

    /// <summary>Combined and plain windows keep the same, so that a job with a savepoint can begin to combine, or cease to.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Combining_is_begun_and_ended_from_a_savepoint(bool begins)
    {
        Item[] items = [.. Enumerable.Range(0, 400).Select(i => new Item("k" + (i % 3), i, i))];
        string[] expected = [.. items.GroupBy(i => (i.Key, Start: i.Timestamp / 150 * 150)).Select(g => $"{g.Key.Key} {g.Key.Start}: {Merging.Of(g.Select(i => i.Id))}")];
        SeededCluster cluster = new(9);
        SeededJob first = cluster.Submit("first", env => Define(env, !begins), new JobOptions { Parallelism = 2, BatchSize = 16, WatermarkInterval = TimeSpan.Zero });
        first.RunToRunning();
        cluster.RunUntil(() => first.Status.Operators[0].RecordsOut >= 100, "some records");
        string savepoint = first.StopWithSavepoint("between");
        cluster.Submit("second", env => Define(env, begins), new JobOptions { Parallelism = 3, FromSavepoint = savepoint }).RunToEnd();

        Golden.Compare("with and without combining", expected, cluster.Results.Get<string>("out"));

        void Define(StreamEnvironment env, bool combines)
        {
            WindowedStream<string, Item> windows = env
                .FromSource(new ListSource<Item>("items", [items]), WatermarkStrategy.Monotonous<Item>().WithTimestamps(i => i.Timestamp)).WithUid("items").WithParallelism(1)
                .KeyBy(i => i.Key).Window(TumblingWindows.Of(TimeSpan.FromMilliseconds(150)));
            (combines ? windows.CombineLocally() : windows).Aggregate(new Merging(), (window, key, result) => $"{key} {window.Start}: {result}").WithUid("windows").Collect("out").WithUid("out");
        }
    }

    private static void RequireRefused(Func<KeyedStream<string, Item>, DataStream<string>> define, string message)
    {
        StreamEnvironment env = new();
        JobDefinitionException e = Assert.Throws<JobDefinitionException>(() => define(env.FromSource(new ListSource<Item>("items", [])).KeyBy(i => i.Key)));
        Assert.Contains(message, e.Message, StringComparison.Ordinal);
    }

    private sealed class Nothing : WindowFunction<string, Item, string>
    {
        public override void Process(WindowContext<string> context, IReadOnlyList<Item> records, Output<string> output)
        {
        }
    }
}
