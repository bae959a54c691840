using OrleansStream.Engine.Tests.GoldenJobs;

namespace OrleansStream.Engine.Tests.Jobs;

/// <summary>A checkpoint that was taken before all splits were assigned: those it has must not run ahead of the others after a restore.</summary>
public sealed class LateSplitTests
{
    private const int Records = 300;

    [Fact]
    public void A_split_that_is_found_at_a_restart_is_read_together_with_those_of_the_checkpoint()
    {
        for (int seed = 1; seed <= 20; seed++)
        {
            int splits = 1;
            SourceGate gate = new() { Limit = 1 };
            ExternalOutput output = new();
            SeededCluster cluster = JobRuns.Cluster(seed);
            SeededJob running = cluster.Submit("found", Define, JobRuns.Manual(1));
            running.RunToRunning();
            cluster.Advance(TimeSpan.FromMilliseconds(50));
            running.Checkpoint();
            cluster.Kill();

            splits = 2;
            gate.Limit = long.MaxValue;
            SeededJob next = cluster.Submit("found", Define, JobRuns.Manual(1) with { Resume = true });
            next.RunToRunning();
            cluster.Advance(TimeSpan.FromSeconds(1));
            next.Stop(drain: true);
            next.RunToOutcome();
            Assert.Equal(0, next.Status.Operators.Sum(o => o.LateDropped));
            output.RequireCommitted([.. Enumerable.Range(0, Records / 10).Select(w => $"{w * 10}: 20")], $"seed {seed}");

            void Define(StreamEnvironment env) => env
                .FromSource(new GrowingSource(gate, () => splits), WatermarkStrategy.Monotonous<int>().WithTimestamps(v => v)).WithUid("numbers")
                .KeyBy(v => 0).Window(TumblingWindows.Of(TimeSpan.FromMilliseconds(10)))
                .Aggregate(new Counts(), (window, _, count) => $"{window.Start}: {count}").WithUid("windows")
                .SinkTo(new ExternalSink(output, new Faults())).WithUid("sink");
        }
    }

    /// <summary>Checkpoints in quick succession, and processes that end soon after they have begun: none may hold that nothing was read.</summary>
    [Fact]
    public void No_checkpoint_is_taken_before_the_splits_of_the_last_one_are_assigned()
    {
        for (int seed = 1; seed <= 40; seed++)
        {
            SourceGate gate = new() { Limit = 100 };
            ExternalOutput output = new();
            SeededCluster cluster = JobRuns.Cluster(seed);
            SeededJob running = cluster.Submit("soon", Define, Options());
            running.RunToRunning();
            cluster.Advance(TimeSpan.FromMilliseconds(200));
            for (int i = 1; i <= 5; i++)
            {
                cluster.Kill();
                running = cluster.Submit("soon", Define, Options() with { Resume = true });
                cluster.RunSteps(seed * i * 5);
            }

            cluster.Kill();
            gate.Limit = long.MaxValue;
            running = cluster.Submit("soon", Define, Options() with { Resume = true });
            running.RunToRunning();
            cluster.Advance(TimeSpan.FromSeconds(1));
            running.Stop(drain: true);
            running.RunToOutcome();
            output.RequireCommitted([.. Enumerable.Range(0, Records).SelectMany(v => new[] { $"{v}", $"{v}" })], $"seed {seed}");

            void Define(StreamEnvironment env) => env
                .FromSource(new GrowingSource(gate, () => 2), WatermarkStrategy.None<int>()).WithUid("numbers")
                .Map(v => $"{v}").SinkTo(new ExternalSink(output, new Faults())).WithUid("sink");
        }

        static JobOptions Options() => JobRuns.Options(2) with { Checkpointing = new CheckpointOptions { Interval = TimeSpan.FromMilliseconds(1), Directory = "seeded" } };
    }

    private readonly struct Counts : IAggregate<int, int, int>
    {
        public int Create() => 0;

        public void Add(ref int accumulator, in int value) => accumulator++;

        public int Result(in int accumulator) => accumulator;

        public void Merge(ref int into, in int from) => into += from;
    }

    /// <summary>An endless source of equal splits, of which there are as many as it is told when an attempt begins.</summary>
    private sealed class GrowingSource(SourceGate gate, Func<int> count) : ISource<int>
    {
        private readonly ListSource<int> _inner = new("numbers", [.. Enumerable.Range(0, 2).Select(_ => (IReadOnlyList<int>)[.. Enumerable.Range(0, Records)])], bounded: false, gate);

        public string Description => "growing";

        public bool IsBounded => false;

        public ISplitEnumerator CreateEnumerator(SourceContext context) => new Enumerator(count());

        public ISourceReader<int> CreateReader(SourceContext context) => _inner.CreateReader(context);

        private sealed class Enumerator(int count) : ISplitEnumerator
        {
            public TimeSpan? DiscoveryInterval => TimeSpan.FromHours(1);

            public IReadOnlyList<SourceSplit> Discover() => [.. Enumerable.Range(0, count).Select(i => new SourceSplit($"split-{i}"))];

            public void Dispose()
            {
            }
        }
    }
}
