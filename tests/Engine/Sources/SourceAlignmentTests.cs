using OrleansStream.Engine.Jobs;
using OrleansStream.Engine.Sources;
using OrleansStream.Engine.Tests.GoldenJobs;
using OrleansStream.Engine.Tests.Jobs;
using OrleansStream.Engine.Time;
using OrleansStream.Hosting;

namespace OrleansStream.Engine.Tests.Sources;

/// <summary>Sources of one group are kept together in event time. Record <c>v</c> of both has the time <c>10 v</c>.</summary>
public sealed class SourceAlignmentTests
{
    private const int Records = 2000;
    private const int Batch = 8;

    private readonly SourceGate _fast = new() { Limit = 10 };
    private readonly SourceGate _slow = new() { Limit = 10 };
    private ExternalOutput _output = new();
    private int _fastRead;

    public SourceAlignmentTests() => _fast.OnEmit = next => _fastRead = next + 1;

    [Fact]
    public void A_source_that_is_ahead_by_more_than_the_drift_reads_nothing_until_the_other_has_come_closer()
    {
        for (int seed = 1; seed <= 20; seed++)
        {
            (SeededCluster cluster, SeededJob running) = Start(seed, TimeSpan.FromMilliseconds(500));
            Assert.InRange(_fastRead, 60, 61 + Batch);
            _slow.Limit = 200;
            cluster.Advance(TimeSpan.FromSeconds(1));
            Assert.InRange(_fastRead, 250, 251 + Batch);
            Finish(running);
        }
    }

    [Fact]
    public void Without_a_group_it_reads_all_there_is()
    {
        (_, SeededJob running) = Start(1, null);
        Assert.Equal(Records, _fastRead);
        Finish(running);
    }

    [Fact]
    public void Nobody_waits_for_a_source_that_is_idle()
    {
        (SeededCluster cluster, SeededJob running) = Start(1, TimeSpan.FromMilliseconds(500), slowIdleness: TimeSpan.FromSeconds(20));
        Assert.InRange(_fastRead, 60, 61 + Batch);
        cluster.Advance(TimeSpan.FromSeconds(30));
        Assert.Equal(Records, _fastRead);
        Finish(running);
    }

    [Fact]
    public void Nobody_waits_for_a_source_that_has_ended()
    {
        (SeededCluster cluster, SeededJob running) = Start(1, TimeSpan.FromMilliseconds(500), slowRecords: 100);
        _slow.Limit = 99;
        cluster.Advance(TimeSpan.FromSeconds(1));
        Assert.InRange(_fastRead, 149, 150 + Batch);
        _slow.Limit = 100;
        cluster.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(Records, _fastRead);
        Finish(running, slowRecords: 100);
    }

    [Fact]
    public void A_source_that_waits_takes_part_in_checkpoints_and_waits_after_a_restore_too()
    {
        for (int seed = 1; seed <= 10; seed++)
        {
            (SeededCluster cluster, SeededJob running) = Start(seed, TimeSpan.FromMilliseconds(500));
            running.Checkpoint();
            cluster.Kill();
            SeededJob next = cluster.Submit("aligned", Define(TimeSpan.FromMilliseconds(500), null, Records), Options() with { Resume = true });
            next.RunToRunning();
            cluster.Advance(TimeSpan.FromSeconds(1));
            // Whoever has its splits first reads until the other has them too.
            int waitsAt = _fastRead;
            Assert.InRange(waitsAt, 60, Records / 2);
            cluster.Advance(TimeSpan.FromSeconds(10));
            Assert.Equal(waitsAt, _fastRead);
            Finish(next);
        }
    }

    /// <summary>One subtask reads both splits, in turns, but the times of one pass a hundred times as fast.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Splits_of_one_subtask_are_held_one_by_one(bool isAligned)
    {
        const int DriftMs = 1000;
        for (int seed = 1; seed <= 5; seed++)
        {
            long[] last = [0, 0];
            long widest = 0;
            WatermarkStrategy<(int Split, long Time)> strategy = WatermarkStrategy.Monotonous<(int Split, long Time)>().WithTimestamps(r => r.Time);
            strategy = isAligned ? strategy.WithAlignment("splits", TimeSpan.FromMilliseconds(DriftMs)) : strategy;
            _output = new ExternalOutput();
            SeededCluster cluster = JobRuns.Cluster(seed);
            SeededJob running = cluster.Submit(
                "splits",
                env => env.FromSource(
                        new ListSource<(int Split, long Time)>("both", [.. Enumerable.Range(0, 2).Select(s => (IReadOnlyList<(int, long)>)[.. Enumerable.Range(0, 1000).Select(i => (s, i * (s == 1 ? 100L : 1)))])]), strategy)
                    .Map(r =>
                    {
                        last[r.Split] = r.Time;
                        widest = last[0] < 990 ? Math.Max(widest, last[1] - last[0]) : widest;
                        return $"{r.Split} {r.Time}";
                    })
                    .SinkTo(new ExternalSink(_output, new Faults())),
                Options());
            JobRuns.MustFinish(running.RunToOutcome());
            Assert.InRange(widest, isAligned ? DriftMs / 2 : 50_000, isAligned ? DriftMs + (100 * Batch) : long.MaxValue);
            _output.RequireCommitted([.. Enumerable.Range(0, 1000).SelectMany(i => new[] { $"0 {i}", $"1 {i * 100}" })], "both splits");
        }
    }

    /// <summary>The last records of a split that is ahead wait for the sink: the split is still known to the operator, but not to the reader.</summary>
    [Fact]
    public void A_split_that_has_ended_is_not_held()
    {
        SeededCluster cluster = JobRuns.Cluster();
        SeededJob running = cluster.Submit(
            "ended",
            env => env.FromSource(
                    new ListSource<string>("both", [[.. Enumerable.Range(0, 100).Select(i => $"{i}")], [.. Enumerable.Repeat("1000000", 5)]]),
                    WatermarkStrategy.Monotonous<string>().WithTimestamps(Time).WithAlignment("splits", TimeSpan.FromMilliseconds(1000)))
                .SinkTo(new ExternalSink(_output, new Faults())),
            Options());
        running.RunToRunning();
        cluster.Advance(TimeSpan.FromSeconds(1));
        _output.Open();
        JobRuns.MustFinish(running.RunToOutcome());
        _output.RequireCommitted([.. Enumerable.Range(0, 100).Select(i => $"{i}"), .. Enumerable.Repeat("1000000", 5)], "both splits");

        // The sink takes nothing from the moment at which the last records have been read.
        long Time(string text)
        {
            _output.Accepts &= text != "1000000";
            return long.Parse(text, System.Globalization.CultureInfo.InvariantCulture);
        }
    }

    [Fact]
    public void A_savepoint_that_stops_the_job_does_not_wait_for_the_slow_one()
    {
        (_, SeededJob running) = Start(1, TimeSpan.FromMilliseconds(500));
        running.Stop(drain: true);
        Assert.Equal(JobState.Stopped, running.RunToOutcome().State);
        _output.RequireCommitted(
            [.. Enumerable.Range(0, _fastRead).Select(v => $"fast {v}"), .. Enumerable.Range(0, 10).Select(v => $"slow {v}")], "what was read until then");
    }

    [Fact]
    public void A_wait_of_a_minute_is_reported_with_whom_it_is_for()
    {
        (SeededCluster cluster, SeededJob running) = Start(1, TimeSpan.FromMilliseconds(500));
        cluster.Advance(TimeSpan.FromSeconds(57));
        Assert.DoesNotContain(cluster.Host.LogLines, l => l.Contains("has waited", StringComparison.Ordinal));
        cluster.Advance(TimeSpan.FromSeconds(5));
        string warning = Assert.Single(cluster.Host.LogLines, l => l.Contains("has waited", StringComparison.Ordinal));
        Assert.Contains("'fast' subtask 0 ", warning, StringComparison.Ordinal);
        Assert.Contains("for 'slow' subtask 0, which is more than 500 ms behind in the alignment group 'both'", warning, StringComparison.Ordinal);
        Finish(running);
    }

    [Fact]
    public void Waiting_makes_no_split_idle()
    {
        SplitWatermarks<int> watermarks = new(WatermarkStrategy.Monotonous<int>().WithIdleness(TimeSpan.FromMilliseconds(100)), WatermarkTiming.Periodic);
        watermarks.Add(0);
        watermarks.OnBatch(0, [1], [1000], out _);
        for (int now = 0; now < 2000; now += 50)
        {
            watermarks.HoldAll();
            watermarks.OnTick(now);
        }

        Assert.False(watermarks.IsIdle);
        Assert.Equal(999, watermarks.Reached);
        for (int now = 2000; now < 2500; now += 50)
        {
            watermarks.OnTick(now);
        }

        Assert.True(watermarks.IsIdle);
        Assert.Equal(long.MaxValue, watermarks.Reached);
    }

    [Fact]
    public void A_reader_counts_by_its_slowest_split_once_all_have_a_watermark()
    {
        SplitWatermarks<int> watermarks = new(WatermarkStrategy.Monotonous<int>(), WatermarkTiming.Periodic);
        Assert.Equal(long.MaxValue, watermarks.Reached);
        watermarks.Add(0);
        watermarks.Add(1);
        watermarks.OnBatch(1, [1], [1000], out _);
        Assert.Equal(long.MaxValue, watermarks.Reached);
        watermarks.OnBatch(0, [1], [500], out _);
        Assert.Equal(499, watermarks.Reached);
        watermarks.Remove(0);
        Assert.Equal(999, watermarks.Reached);
    }

    /// <summary>With threads: who waits is always woken, however close the group is kept.</summary>
    [Fact]
    public async Task No_wake_is_lost_between_threads()
    {
        const int Each = 20_000;
        await using LocalCluster cluster = new(new LocalClusterOptions { Workers = 4 });
        ExternalOutput output = new();
        LocalJob job = cluster.Submit(
            "close",
            () => new DefinedJob(env => env
                .FromSource(
                    new ListSource<int>("numbers", [.. Enumerable.Range(0, 4).Select(_ => (IReadOnlyList<int>)[.. Enumerable.Range(0, Each)])]),
                    WatermarkStrategy.Monotonous<int>().WithTimestamps(v => v).WithAlignment("all", TimeSpan.FromMilliseconds(20)))
                .Filter(v => v % 100 == 0).Map(v => $"{v}").SinkTo(new ExternalSink(output, new Faults()))),
            new JobOptions { Parallelism = 4, BatchSize = 16, WatermarkInterval = TimeSpan.Zero });
        JobOutcome outcome = await job.WaitAsync().WaitAsync(TimeSpan.FromSeconds(60));
        Assert.Equal(JobState.Finished, outcome.State);
        output.RequireCommitted([.. Enumerable.Range(0, Each / 100).SelectMany(v => Enumerable.Repeat($"{v * 100}", 4))], "close together");
    }

    [Fact]
    public void What_cannot_be_aligned_is_refused()
    {
        Assert.Contains("alignment group 'g' is 00:00:00; it must be positive", Error(() => WatermarkStrategy.Monotonous<int>().WithAlignment("g", TimeSpan.Zero)), StringComparison.Ordinal);
        Assert.Contains("alignment group 'g' is 00:00:00.0015", Error(() => WatermarkStrategy.Monotonous<int>().WithAlignment("g", TimeSpan.FromMicroseconds(1500))), StringComparison.Ordinal);
        Assert.Contains("without watermarks cannot be in the alignment group 'g'", Error(() => WatermarkStrategy.None<int>().WithAlignment("g", TimeSpan.FromSeconds(1))), StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => WatermarkStrategy.Monotonous<int>().WithAlignment(" ", TimeSpan.FromSeconds(1)));
        StreamEnvironment env = new();
        OperatorStream<int> numbers = env.FromSource(new ListSource<int>("numbers", [[1]]), WatermarkStrategy.Monotonous<int>());
        Assert.Contains(
            "AssignTimestamps was given a strategy of the alignment group 'g'",
            Error(() => numbers.AssignTimestamps(WatermarkStrategy.Monotonous<int>().WithAlignment("g", TimeSpan.FromSeconds(1)))), StringComparison.Ordinal);

        static string Error(Action action) => Assert.Throws<JobDefinitionException>(action).Message;
    }

    private static JobOptions Options() => new()
    {
        Parallelism = 1,
        BatchSize = Batch,
        WatermarkInterval = TimeSpan.FromMilliseconds(200),
        Checkpointing = new CheckpointOptions { Directory = "seeded" },
    };

    // Both have read their first ten records, then the fast one may read on.
    private (SeededCluster Cluster, SeededJob Running) Start(int seed, TimeSpan? drift, TimeSpan? slowIdleness = null, int slowRecords = Records)
    {
        (_fast.Limit, _slow.Limit, _fastRead) = (10, 10, 0);
        _output = new ExternalOutput();
        SeededCluster cluster = JobRuns.Cluster(seed);
        SeededJob running = cluster.Submit("aligned", Define(drift, slowIdleness, slowRecords), Options());
        running.RunToRunning();
        cluster.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(10, _fastRead);
        _fast.Limit = long.MaxValue;
        cluster.Advance(TimeSpan.FromSeconds(1));
        return (cluster, running);
    }

    private Action<StreamEnvironment> Define(TimeSpan? drift, TimeSpan? slowIdleness, int slowRecords) => env =>
    {
        WatermarkStrategy<int> strategy = WatermarkStrategy.Monotonous<int>().WithTimestamps(v => v * 10L);
        strategy = drift is { } close ? strategy.WithAlignment("both", close) : strategy;
        OperatorStream<string> fast = env.FromSource(new ListSource<int>("fast", [[.. Enumerable.Range(0, Records)]], gate: _fast), strategy).WithName("fast").WithUid("fast").Map(v => $"fast {v}");
        env.FromSource(
                new ListSource<int>("slow", [[.. Enumerable.Range(0, slowRecords)]], gate: _slow), slowIdleness is { } idle ? strategy.WithIdleness(idle) : strategy)
            .WithName("slow").WithUid("slow").Map(v => $"slow {v}")
            .Union(fast).SinkTo(new ExternalSink(_output, new Faults())).WithUid("sink");
    };

    private void Finish(SeededJob running, int slowRecords = Records)
    {
        _slow.Limit = long.MaxValue;
        JobRuns.MustFinish(running.RunToOutcome());
        _output.RequireCommitted(
            [.. Enumerable.Range(0, Records).Select(v => $"fast {v}"), .. Enumerable.Range(0, slowRecords).Select(v => $"slow {v}")], "both sources");
    }
}
