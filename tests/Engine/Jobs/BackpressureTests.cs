using OrleansStream.Engine.Jobs;
using OrleansStream.Engine.Tests.GoldenJobs;

namespace OrleansStream.Engine.Tests.Jobs;

public sealed class BackpressureTests
{
    [Theory]
    [InlineData(1, 2000)]
    [InlineData(64, 20_000)]
    [InlineData(1024, 120_000)]
    public void A_sink_that_takes_nothing_for_an_hour_stops_the_source_and_then_it_goes_on(int batch, int records)
    {
        ExternalOutput output = new() { Accepts = false };
        int read = 0;
        SourceGate gate = new() { OnEmit = _ => read++ };
        SeededCluster cluster = new(batch);
        SeededJob running = cluster.Submit("slow", env => Define(env, records, gate, output), new JobOptions { Parallelism = 2, BatchSize = batch, ExchangeMemory = 1 << 20 });
        running.RunToRunning();
        cluster.Advance(TimeSpan.FromMinutes(1));
        int held = read;
        long steps = cluster.Host.Steps;
        // Eight batches in each of six channels, and what is being filled.
        Assert.InRange(held, 1, 60 * (batch + 8));
        cluster.Advance(TimeSpan.FromHours(1));
        Assert.Equal(held, read);
        Assert.InRange(cluster.Host.Steps - steps, 0, 100);
        Assert.True(running.Status.Operators.Sum(o => o.QueuedElements) > 0);
        output.Open();
        JobRuns.MustFinish(running.RunToOutcome());
        output.RequireCommitted([.. Enumerable.Range(0, records).Select(v => $"{v}")], $"batch {batch}");
    }

    /// <summary>Large records: the byte budget holds them back before the number of batches does.</summary>
    [Fact]
    public void The_exchange_budget_bounds_what_is_under_way()
    {
        int Held(long memory)
        {
            ExternalOutput output = new() { Accepts = false };
            int read = 0;
            SeededCluster cluster = new(1);
            cluster.Submit(
                "large",
                env => env.FromSource(new ListSource<Large>("large", [[.. Enumerable.Range(0, 40_000).Select(i => new Large(i, default, default, default, default, default))]], gate: new SourceGate { OnEmit = _ => read++ }))
                    .KeyBy(v => v.Key).Process(new LargeToText()).SinkTo(new ExternalSink(output, new Faults())),
                new JobOptions { Parallelism = 2, ExchangeMemory = memory });
            cluster.Advance(TimeSpan.FromMinutes(1));
            return read;
        }

        Assert.True(Held(1 << 20) < Held(1 << 26), "The budget makes no difference.");
    }

    /// <summary>One record that becomes many: they wait in the spill, and nothing more is read until it is empty.</summary>
    [Fact]
    public void An_expanding_function_before_a_slow_sink_reads_no_further_record()
    {
        ExternalOutput output = new() { Accepts = false };
        int read = 0;
        SeededCluster cluster = new(1);
        SeededJob running = cluster.Submit(
            "expanding",
            env => env.FromSource(new ListSource<int>("few", [[.. Enumerable.Range(0, 50)]]))
                .FlatMap((in int v, Output<string> expanded) =>
                {
                    read++;
                    for (int i = 0; i < 2000; i++)
                    {
                        expanded.Emit($"{v}.{i}");
                    }
                })
                .SinkTo(new ExternalSink(output, new Faults())),
            new JobOptions { Parallelism = 1, BatchSize = 16 });
        running.RunToRunning();
        cluster.Advance(TimeSpan.FromHours(1));
        Assert.InRange(read, 1, 2);
        output.Open();
        JobRuns.MustFinish(running.RunToOutcome());
        Assert.Equal(100_000, output.Visible.Count);
    }

    [Fact]
    public void A_slow_branch_holds_back_a_fast_one_and_neither_is_lost()
    {
        for (int seed = 1; seed <= 5; seed++)
        {
            ExternalOutput slow = new() { Accepts = false };
            ExternalOutput fast = new();
            SeededCluster cluster = new(seed);
            SeededJob running = cluster.Submit(
                "branches",
                env =>
                {
                    OperatorStream<int> numbers = env.FromSource(new ListSource<int>("numbers", [[.. Enumerable.Range(0, 5000)]]));
                    numbers.Rebalance().Map(v => $"{v}").SinkTo(new ExternalSink(slow, new Faults())).WithUid("slow");
                    numbers.Map(v => $"{v}").WithName("fast").SinkTo(new ExternalSink(fast, new Faults())).WithUid("fast");
                },
                new JobOptions { Parallelism = 2, BatchSize = 16 });
            cluster.Advance(TimeSpan.FromHours(1));
            Assert.Null(running.Outcome);
            slow.Open();
            JobRuns.MustFinish(running.RunToOutcome());
            string[] expected = [.. Enumerable.Range(0, 5000).Select(v => $"{v}")];
            slow.RequireCommitted(expected, "slow");
            fast.RequireCommitted(expected, "fast");
        }
    }

    private static void Define(StreamEnvironment env, int records, SourceGate gate, ExternalOutput output) =>
        env.FromSource(
                new ListSource<int>("numbers", [[.. Enumerable.Range(0, records / 2)], [.. Enumerable.Range(records / 2, records / 2)]], gate: gate),
                WatermarkStrategy.Monotonous<int>().WithTimestamps(v => (long)v))
            .KeyBy(v => v % 1000)
            .Process(new ToText()).DisableChaining()
            .SinkTo(new ExternalSink(output, new Faults()));

    internal readonly record struct Large(int Key, Guid A, Guid B, Guid C, Guid D, Guid E);

    private sealed class ToText : KeyedProcessFunction<int, int, string>
    {
        public override void Process(in int value, KeyedContext<int> context, Output<string> output) => output.Emit($"{value}");
    }

    private sealed class LargeToText : KeyedProcessFunction<int, Large, string>
    {
        public override void Process(in Large value, KeyedContext<int> context, Output<string> output) => output.Emit($"{value.Key}");
    }
}
