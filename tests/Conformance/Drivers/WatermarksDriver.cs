using System.Text.Json;
using OrleansStream.Conformance.Model;
using OrleansStream.Engine.Time;

namespace OrleansStream.Conformance.Drivers;

/// <summary>Drives the classes of the engine that make, combine and pass watermarks, one driver per kind.</summary>
internal abstract class WatermarksDriver : IScenarioDriver
{
    /// <summary>Creates the driver of a scenario's kind.</summary>
    /// <param name="scenario">The scenario.</param>
    public static WatermarksDriver Create(Scenario scenario) => scenario.Text("kind") switch
    {
        "generator" => new Generator(scenario),
        "splits" => new Splits(scenario),
        "multiplexer" => new Multiplexer(),
        "valve" => new Valve((int)scenario.Number("inputs")!),
        "twoInputs" => new TwoInputs(),
        string kind => throw new NotSupportedException($"The kind '{kind}' is not one of the README."),
        null => throw new NotSupportedException("The operator has no kind."),
    };

    public abstract void Feed(Step step, List<StepOutput> outputs);

    public void SnapshotAndRestore(List<StepOutput> outputs) => throw new NotSupportedException("The family 'watermarks' has no snapshots.");

    public void Dispose()
    {
    }

    private static NotSupportedException Unknown(Step step) => new($"This kind does not know the step {step.Json.GetRawText()}.");

    private static void Emit(WatermarkChange change, List<StepOutput> outputs)
    {
        if (change.BecomesActive)
        {
            outputs.Add(StepOutput.Status(false));
        }

        if (change.HasWatermark)
        {
            outputs.Add(StepOutput.Watermark(change.Watermark));
        }

        if (change.BecomesIdle)
        {
            outputs.Add(StepOutput.Status(true));
        }
    }

    private static WatermarkStrategy<RecordStep> Strategy(Scenario scenario)
    {
        JsonElement generator = scenario.Operator.GetProperty("generator");
        WatermarkStrategy<RecordStep> strategy = generator.GetProperty("type").GetString() switch
        {
            "bounded" => WatermarkStrategy.BoundedOutOfOrderness<RecordStep>(TimeSpan.FromMilliseconds(generator.GetProperty("delay").GetInt64())),
            "monotonous" => WatermarkStrategy.Monotonous<RecordStep>(),
            "perEvent" => WatermarkStrategy.ForGenerator(() => new PerEvent()),
            "none" => WatermarkStrategy.None<RecordStep>(),
            string type => throw new NotSupportedException($"The generator '{type}' is not one of the README."),
            null => throw new NotSupportedException("The generator has no type."),
        };
        return scenario.Number("idleAfter") is { } idleAfter ? strategy.WithIdleness(TimeSpan.FromMilliseconds(idleAfter)) : strategy;
    }

    private sealed class PerEvent : IWatermarkGenerator<RecordStep>
    {
        public long OnRecord(in RecordStep value, long timestamp) => value.Value.GetInt64() == 0 ? timestamp : long.MinValue;

        public long OnPeriodic() => long.MinValue;
    }

    private sealed class Generator(Scenario scenario) : WatermarksDriver
    {
        private readonly WatermarkValve _valve = new(1);
        private readonly StreamWatermarks<RecordStep> _watermarks = new(Strategy(scenario), WatermarkTiming.Periodic);
        private readonly long _interval = scenario.Number("interval")!.Value;
        private long _nextTick = scenario.Number("interval")!.Value;

        public override void Feed(Step step, List<StepOutput> outputs)
        {
            switch (step)
            {
                case RecordStep record:
                    outputs.Add(StepOutput.Record(record.Timestamp, record.Key, record.Value));
                    Emit(_watermarks.OnBatch([record], [record.Timestamp], out int taken), outputs);
                    Assert.Equal(1, taken);
                    break;
                case WatermarkStep watermark:
                    if (_valve.OnWatermark(0, watermark.Time) is { HasWatermark: true } passed)
                    {
                        Emit(_watermarks.OnUpstreamWatermark(passed.Watermark), outputs);
                    }

                    break;
                case StatusStep status:
                    _valve.OnStatus(0, status.Idle);
                    break;
                case ClockStep clock:
                    if (clock.Time >= _nextTick)
                    {
                        _nextTick = clock.Time + _interval;
                        Emit(_watermarks.OnTick(clock.Time), outputs);
                    }

                    break;
                default:
                    throw Unknown(step);
            }
        }
    }

    private sealed class Splits(Scenario scenario) : WatermarksDriver
    {
        private readonly SplitWatermarks<RecordStep> _watermarks = new(Strategy(scenario), WatermarkTiming.Periodic);
        private readonly SplitHandles _handles = new();
        private readonly long _interval = scenario.Number("interval")!.Value;
        private long _nextTick = scenario.Number("interval")!.Value;

        public override void Feed(Step step, List<StepOutput> outputs)
        {
            switch (step)
            {
                case RecordStep record:
                    outputs.Add(StepOutput.Record(record.Timestamp, record.Key, record.Value));
                    Emit(_watermarks.OnBatch(_handles.Of(step), [record], [record.Timestamp], out int taken), outputs);
                    Assert.Equal(1, taken);
                    break;
                case AddSplitStep:
                    _watermarks.Add(_handles.Add(step));
                    break;
                case RemoveSplitStep:
                    Emit(_watermarks.Remove(_handles.Of(step)), outputs);
                    break;
                case ClockStep clock:
                    if (clock.Time >= _nextTick)
                    {
                        _nextTick = ((clock.Time / _interval) + 1) * _interval;
                        Emit(_watermarks.OnTick(clock.Time), outputs);
                    }

                    break;
                default:
                    throw Unknown(step);
            }
        }
    }

    private sealed class Multiplexer : WatermarksDriver
    {
        private readonly WatermarkCombiner _combiner = WatermarkCombiner.ForSplits();
        private readonly SplitHandles _handles = new();

        public override void Feed(Step step, List<StepOutput> outputs)
        {
            switch (step)
            {
                case AddSplitStep:
                    _combiner.Add(_handles.Add(step));
                    break;
                case RemoveSplitStep:
                    _combiner.Remove(_handles.Of(step));
                    break;
                case WatermarkStep { Deferred: true } watermark:
                    _combiner.Defer(_handles.Of(step), watermark.Time);
                    break;
                case WatermarkStep watermark:
                    Emit(_combiner.OnWatermark(_handles.Of(step), watermark.Time), outputs);
                    break;
                case StatusStep { Deferred: true } status:
                    _combiner.DeferStatus(_handles.Of(step), status.Idle);
                    break;
                case StatusStep status:
                    Emit(_combiner.OnStatus(_handles.Of(step), status.Idle), outputs);
                    break;
                case EmitStep:
                    Emit(_combiner.Emit(), outputs);
                    break;
                default:
                    throw Unknown(step);
            }
        }
    }

    private sealed class Valve(int inputs) : WatermarksDriver
    {
        private readonly WatermarkValve _valve = new(inputs);

        public override void Feed(Step step, List<StepOutput> outputs) => Emit(
            step switch
            {
                WatermarkStep watermark => _valve.OnWatermark(step.Input, watermark.Time),
                StatusStep status => _valve.OnStatus(step.Input, status.Idle),
                _ => throw Unknown(step),
            },
            outputs);
    }

    private sealed class TwoInputs : WatermarksDriver
    {
        private readonly WatermarkValve[] _valves = [new(1), new(1)];
        private readonly WatermarkCombiner _combiner = WatermarkCombiner.ForInputs(2);

        public override void Feed(Step step, List<StepOutput> outputs)
        {
            WatermarkChange change = step switch
            {
                WatermarkStep watermark => _valves[step.Input].OnWatermark(0, watermark.Time),
                StatusStep status => _valves[step.Input].OnStatus(0, status.Idle),
                _ => throw Unknown(step),
            };
            if (change.BecomesActive)
            {
                Emit(_combiner.OnStatus(step.Input, false), outputs);
            }

            if (change.HasWatermark)
            {
                Emit(_combiner.OnWatermark(step.Input, change.Watermark), outputs);
            }

            if (change.BecomesIdle)
            {
                Emit(_combiner.OnStatus(step.Input, true), outputs);
            }
        }
    }

    /// <summary>Numbers for the names of splits.</summary>
    private sealed class SplitHandles
    {
        private readonly Dictionary<string, int> _handles = [];
        private int _next;

        public int Add(Step step) => _handles[step.Split!] = _next++;

        public int Of(Step step) => _handles[step.Split!];
    }
}
