using OrleansStream.Engine.Tests.GoldenJobs;
using OrleansStream.State;

namespace OrleansStream.Engine.Tests.Jobs;

/// <summary>A job with every kind of operator, each of which can be made to throw, and a two-phase sink.</summary>
internal sealed class FaultyJob
{
    public static readonly string[] Places =
    [
        "discover", "source", "map", "filter", "flat map", "process open", "process", "key", "keyed open async", "keyed open", "keyed", "timer", "co first", "co second", "co timer",
        "reduce", "add", "result", "open writer", "write", "end epoch", "prepare", "abort",
    ];

    private readonly Reading[][] _first;
    private readonly Reading[][] _second;

    public FaultyJob(int records = 60)
    {
        _first = Reading.Splits(2, records);
        _second = Reading.Splits(1, records / 2, keysPerSplit: 8, seed: 5);
    }

    public Faults Faults { get; init; } = new();

    public ExternalOutput Output { get; init; } = new();

    public SourceGate Gate { get; init; } = new();

    /// <summary>What the job commits: the result of a run without faults.</summary>
    public IReadOnlyList<string> Expected()
    {
        FaultyJob other = new(_first[0].Length);
        new SeededCluster(1).Submit("expected", other.Define).RunToEnd();
        Assert.True(other.Output.Visible.Count > 20, $"{other.Output.Visible.Count} records");
        return other.Output.Visible;
    }

    public void Define(StreamEnvironment env)
    {
        Gate.OnEmit ??= _ => Faults.Pass("source");
        Gate.OnDiscover ??= () => Faults.Pass("discover");
        OperatorStream<Reading> flat = env.FromSource(new ListSource<Reading>("first", _first, gate: Gate), Reading.Watermarks)
            .Map(r => At("map", r))
            .Filter(r => At("filter", true))
            .FlatMap((in Reading r, Output<Reading> output) =>
            {
                Faults.Pass("flat map");
                output.Emit(r);
                output.Emit(r with { Value = -r.Value });
            })
            .Process(new Plain(Faults));
        KeyedStream<int, Reading> keyed = flat.KeyBy(r => At("key", r.Key));
        OperatorStream<Reading> timed = keyed.Process(new Timed(Faults)).WithUid("timed");
        OperatorStream<Reading> second = env.FromSource(new ListSource<Reading>("second", _second), Reading.Watermarks).KeyBy(r => r.Key).Reduce((a, b) => At("reduce", b));
        OperatorStream<Reading> met = timed.KeyBy(r => r.Key).Connect(second.KeyBy(r => r.Key)).Process(new Both(Faults)).WithUid("both");
        met.KeyBy(r => r.Key)
            .Window(TumblingWindows.Of(TimeSpan.FromMilliseconds(100)))
            .Aggregate(new Faulty(Faults), (window, key, result) => $"{key} {window.Start}: {result.Count}:{result.Sum}").WithUid("windows")
            .SinkTo(new ExternalSink(Output, Faults)).WithUid("sink");
    }

    private T At<T>(string place, T value)
    {
        Faults.Pass(place);
        return value;
    }

    private sealed class Plain(Faults faults) : ProcessFunction<Reading, Reading>
    {
        public override void Open(OpenContext context) => faults.Pass("process open");

        public override void Process(in Reading value, FunctionContext context, Output<Reading> output)
        {
            faults.Pass("process");
            output.Emit(value);
        }
    }

    /// <summary>Hands records on when the watermark has passed them.</summary>
    private sealed class Timed(Faults faults) : KeyedProcessFunction<int, Reading, Reading>
    {
        private ListState<Reading> _waiting = null!;

        public override ValueTask OpenAsync(OpenContext context, CancellationToken cancel)
        {
            faults.Pass("keyed open async");
            return ValueTask.CompletedTask;
        }

        public override void Open(OpenContext context)
        {
            faults.Pass("keyed open");
            _waiting = context.State.List<Reading>("waiting");
        }

        public override void Process(in Reading value, KeyedContext<int> context, Output<Reading> output)
        {
            faults.Pass("keyed");
            _waiting.Add(value);
            context.Timers.RegisterEventTime(value.Time);
        }

        public override void OnTimer(in FiredTimer timer, KeyedContext<int> context, Output<Reading> output)
        {
            faults.Pass("timer");
            long time = timer.Time;
            foreach (Reading r in _waiting.Get().Where(r => r.Time == time))
            {
                output.Emit(r);
            }

            _waiting.Update([.. _waiting.Get().Where(r => r.Time != time)]);
        }
    }

    private sealed class Both(Faults faults) : KeyedCoProcessFunction<int, Reading, Reading, Reading>
    {
        private ValueState<int> _count = null!;

        public override void Open(OpenContext context) => _count = context.State.Value<int>("count");

        public override void Process1(in Reading value, KeyedContext<int> context, Output<Reading> output)
        {
            faults.Pass("co first");
            Pass(in value, context, output);
        }

        public override void Process2(in Reading value, KeyedContext<int> context, Output<Reading> output)
        {
            faults.Pass("co second");
            Pass(in value, context, output);
        }

        // A count that is wrong shows in the output.
        public override void OnTimer(in FiredTimer timer, KeyedContext<int> context, Output<Reading> output)
        {
            faults.Pass("co timer");
            output.Emit(new Reading(context.Key, Reading.Start + 100_000, _count.GetOr(0)), Reading.Start + 100_000);
        }

        private void Pass(in Reading value, KeyedContext<int> context, Output<Reading> output)
        {
            _count.Set(_count.GetOr(0) + 1);
            context.Timers.RegisterEventTime(Reading.Start + 50_000);
            output.Emit(value);
        }
    }

    private readonly struct Faulty(Faults faults) : IAggregate<Reading, CountSum, CountSum>
    {
        public CountSum Create() => default;

        public void Add(ref CountSum accumulator, in Reading value)
        {
            faults.Pass("add");
            accumulator.Count++;
            accumulator.Sum += value.Value;
        }

        public CountSum Result(in CountSum accumulator)
        {
            faults.Pass("result");
            return accumulator;
        }

        public void Merge(ref CountSum into, in CountSum from)
        {
            into.Count += from.Count;
            into.Sum += from.Sum;
        }
    }
}
