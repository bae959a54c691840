using OrleansStream.Engine.Jobs;
using OrleansStream.Engine.Tests.GoldenJobs;
using OrleansStream.State;

namespace OrleansStream.Engine.Tests.Jobs;

public sealed class RestoreRefusalTests
{
    [Fact]
    public void A_changed_max_parallelism_is_refused()
    {
        (SeededCluster cluster, string path) = Savepoint(Job("sums"), new JobOptions { MaxParallelism = 64 });
        JobOutcome outcome = Restore(cluster, Job("sums"), path, new JobOptions { MaxParallelism = 128 });
        Assert.Contains("max-parallelism = 128, but the snapshot was made with 64", Assert.IsType<StateRestoreException>(outcome.Error).Message, StringComparison.Ordinal);
        JobRuns.MustFinish(Restore(cluster, Job("sums"), path, new JobOptions { MaxParallelism = 64, Parallelism = 5 }));
    }

    [Fact]
    public void A_parallelism_above_the_snapshots_key_groups_is_refused()
    {
        (SeededCluster cluster, string path) = Savepoint(Job("sums"), new JobOptions { MaxParallelism = 4 });
        JobOutcome outcome = Restore(cluster, Job("sums"), path, new JobOptions { Parallelism = 5 });
        Assert.Contains("5 is above max-parallelism = 4", Assert.IsType<JobDefinitionException>(outcome.Error).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Dropped_state_is_refused_with_the_nearest_match_unless_it_is_allowed()
    {
        (SeededCluster cluster, string path) = Savepoint(Job("sums"));
        JobOutcome outcome = Restore(cluster, Job("totals"), path);
        string message = Assert.IsType<StateRestoreException>(outcome.Error).Message;
        Assert.Contains("(uid 'sums')", message, StringComparison.Ordinal);
        Assert.Contains("nearest is 'Sums' with uid 'totals': give that .WithUid(\"sums\")", message, StringComparison.Ordinal);
        Assert.Contains("--allow-dropped-state", message, StringComparison.Ordinal);
        JobRuns.MustFinish(Restore(cluster, Job("totals"), path, new JobOptions { AllowDroppedState = true }));
    }

    [Theory]
    [InlineData(100, 200, false, "its state in the snapshot is of windows with size=100 slide=100 offset=0 (milliseconds), the job's windows have size=200 slide=200 offset=0")]
    [InlineData(100, 150, true, "its state in the snapshot is of windows with session gap=100 (milliseconds), the job's windows have session gap=150")]
    public void Other_windows_than_those_of_the_snapshot_are_refused(int before, int after, bool sessions, string message)
    {
        Action<StreamEnvironment> Windows(int ms) => env => Source(env).KeyBy(r => r.Key)
            .Window(sessions ? SessionWindows.WithGap(TimeSpan.FromMilliseconds(ms)) : TumblingWindows.Of(TimeSpan.FromMilliseconds(ms)))
            .Aggregate(new KeyedJobs.SumOfReadings(), (window, key, sum) => $"{key} {window.Start} {sum.Sum}").WithUid("windows").Collect("out").WithUid("sink");

        (SeededCluster cluster, string path) = Savepoint(Windows(before));
        string error = Assert.IsType<StateRestoreException>(Restore(cluster, Windows(after), path).Error).Message;
        Assert.Contains("(uid 'windows')", error, StringComparison.Ordinal);
        Assert.Contains(message, error, StringComparison.Ordinal);
        JobRuns.MustFinish(Restore(cluster, Windows(before), path));
    }

    [Fact]
    public void An_operator_that_is_new_starts_empty()
    {
        (SeededCluster cluster, string path) = Savepoint(env => Source(env).Collect("out").WithUid("sink"));
        JobRuns.MustFinish(Restore(
            cluster,
            env =>
            {
                OperatorStream<Reading> source = Source(env);
                source.Collect("out").WithUid("sink");
                source.KeyBy(r => r.Key).Process(new Sums()).WithUid("new").Collect("more").WithUid("more");
            },
            path));
    }

    [Fact]
    public void A_define_that_builds_two_different_graphs_is_refused()
    {
        int calls = 0;
        JobOutcome outcome = JobRuns.Cluster().Submit("changing", env => Source(env).Map(r => r).WithName($"map {Interlocked.Increment(ref calls)}").Collect("out"), JobRuns.Options()).RunToOutcome();
        Assert.Contains("built two different graphs", Assert.IsType<JobDefinitionException>(outcome.Error).Message, StringComparison.Ordinal);
        Assert.Equal(0, outcome.Restarts);
    }

    [Fact]
    public void Stateful_operators_that_look_alike_are_refused()
    {
        JobOutcome outcome = JobRuns.Cluster().Submit(
            "alike",
            env =>
            {
                KeyedStream<int, Reading> keyed = Source(env).KeyBy(r => r.Key);
                keyed.Process(new Sums()).Collect("out").WithName("one");
                keyed.Process(new Sums()).Collect("out").WithName("two");
            }).RunToOutcome();
        Assert.Contains("Two stateful operators look alike", Assert.IsType<JobDefinitionException>(outcome.Error).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_same_uid_twice_is_refused()
    {
        JobOutcome outcome = JobRuns.Cluster().Submit(
            "twice",
            env =>
            {
                KeyedStream<int, Reading> keyed = Source(env).KeyBy(r => r.Key);
                keyed.Process(new Sums()).WithUid("sums").Collect("out").WithName("one");
                keyed.Process(new Sums()).WithUid("sums").Collect("out").WithName("two");
            }).RunToOutcome();
        Assert.Contains("have the same uid 'sums'", Assert.IsType<JobDefinitionException>(outcome.Error).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_savepoint_that_is_not_there_is_an_error_that_names_it()
    {
        SeededCluster cluster = JobRuns.Cluster();
        JobOutcome outcome = Restore(cluster, Job("sums"), "no/such/place");
        Assert.Contains("no/such/place", outcome.Error!.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Wrong_options_are_refused_together()
    {
        OptionsException error = Assert.Throws<OptionsException>(() => JobRuns.Cluster().Submit("wrong", Job("sums"), new JobOptions { BatchSize = 0, MaxParallelism = 3 }));
        Assert.Contains("exchange.batch-size", error.Message, StringComparison.Ordinal);
        Assert.Contains("max-parallelism", error.Message, StringComparison.Ordinal);
    }

    /// <summary>Each element of an operator list is with one subtask, whatever the parallelism.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(4)]
    public void An_operator_list_is_dealt_out_over_the_subtasks_of_a_restore(int after)
    {
        List<int> restored = [];
        Dictionary<int, int> perSubtask = [];
        Action<StreamEnvironment> define = env => Source(env).Process(new Remembering(restored, perSubtask)).WithUid("remembering").Collect("out").WithUid("sink");
        (SeededCluster cluster, string path) = Savepoint(define);
        Assert.Empty(restored);
        JobRuns.MustFinish(Restore(cluster, define, path, new JobOptions { Parallelism = after }));
        Assert.Equal(cluster.Results.Get<int>("out").Take(30).Order(), restored.Order());
        Assert.Equal(after, perSubtask.Count(p => p.Value > 0));
    }

    private static Action<StreamEnvironment> Job(string uid) =>
        env => Source(env).KeyBy(r => r.Key).Process(new Sums()).WithUid(uid).Collect("out").WithUid("sink");

    private static OperatorStream<Reading> Source(StreamEnvironment env) =>
        env.FromSource(new ListSource<Reading>("readings", Reading.Splits(2, 40), gate: s_gate.Value), Reading.Watermarks).WithUid("source");

    private static readonly ThreadLocal<SourceGate> s_gate = new(() => new SourceGate());

    private static (SeededCluster Cluster, string Path) Savepoint(Action<StreamEnvironment> job, JobOptions? options = null)
    {
        s_gate.Value = new SourceGate { Limit = 15 };
        SeededCluster cluster = JobRuns.Cluster();
        SeededJob running = cluster.Submit("before", job, options);
        running.RunToRunning();
        cluster.Advance(TimeSpan.FromSeconds(1));
        string path = running.StopWithSavepoint("before-change");
        s_gate.Value!.Limit = long.MaxValue;
        return (cluster, path);
    }

    private static JobOutcome Restore(SeededCluster cluster, Action<StreamEnvironment> job, string path, JobOptions? options = null) =>
        cluster.Submit("after", job, (options ?? new JobOptions()) with { FromSavepoint = path, Restart = new RestartOptions { Strategy = RestartKind.None } }).RunToOutcome();

    private sealed class Sums : KeyedProcessFunction<int, Reading, int>
    {
        private ValueState<int> _sum = null!;

        public override void Open(OpenContext context) => _sum = context.State.Value<int>("sum");

        public override void Process(in Reading value, KeyedContext<int> context, Output<int> output)
        {
            _sum.Set(_sum.GetOr(0) + value.Value);
            output.Emit(_sum.GetOr(0));
        }
    }

    private sealed class Remembering(List<int> restored, Dictionary<int, int> perSubtask) : ProcessFunction<Reading, int>
    {
        private OperatorListState<int> _seen = null!;

        public override void Open(OpenContext context)
        {
            _seen = context.State.OperatorList<int>("seen");
            restored.AddRange(_seen.Get());
            perSubtask[context.Subtask] = _seen.Get().Count;
        }

        public override void Process(in Reading value, FunctionContext context, Output<int> output)
        {
            _seen.Add(value.Value);
            output.Emit(value.Value);
        }
    }
}
