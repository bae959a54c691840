using System.Text.Json;
using OrleansStream.Conformance.Model;
using OrleansStream.State;
using OrleansStream.TestKit;

namespace OrleansStream.Conformance.Drivers;

/// <summary>Drives keyed process functions with timers, with one or two inputs.</summary>
internal static class TimersDriver
{
    public static IScenarioDriver Create(Scenario scenario, RunMode mode)
    {
        Rule[] rules = [.. scenario.Operator.GetProperty("onTimer").EnumerateArray().Select(Rule.Parse)];
        return scenario.Number("inputs") == 2 ? new Two(rules, mode) : new One(rules, mode);
    }

    private static Item Parse(RecordStep record) => new(
        record.Key.GetString()!,
        [.. record.Value.EnumerateArray().Select(c => new Command(c[0].GetString()!, c.GetArrayLength() > 1 ? Times.Read(c[1]) : 0))]);

    private static StepOutput Write(Fields value, long? timestamp) =>
        StepOutput.Record(timestamp, [value.Key, value.Kind, .. value.Numbers.Select(n => (object)n)]);

    public sealed record Command(string Do, long Time);

    public sealed record Item(string Key, Command[] Commands);

    public sealed record Fields(string Key, string Kind, long[] Numbers);

    /// <summary>What a timer does when it fires.</summary>
    private sealed record Rule(TimeDomain When, long UntilFired, string Do, long Distance)
    {
        public static Rule Parse(JsonElement json) => new(
            json.GetProperty("when").GetString() == "et" ? TimeDomain.EventTime : TimeDomain.ProcessingTime,
            json.GetProperty("untilFired").GetInt64(), json.GetProperty("do")[0].GetString()!, Times.Read(json.GetProperty("do")[1]));
    }

    private sealed class One(Rule[] rules, RunMode mode) : OneInputDriver<Item, Fields>(
        OperatorHarness.For<string, Item, Fields>(() => new OneInputFunction(rules), item => item.Key, HarnessDriver<OneInputHarness<Item, Fields>, Fields>.Options(mode)))
    {
        protected override Item Input(RecordStep record) => Parse(record);

        protected override StepOutput Output(Fields value, long? timestamp) => Write(value, timestamp);
    }

    private sealed class Two : HarnessDriver<TwoInputHarness<Item, Item, Fields>, Fields>
    {
        private readonly TwoInputHarness<Item, Item, Fields> _harness;

        public Two(Rule[] rules, RunMode mode)
            : this(OperatorHarness.For<string, Item, Item, Fields>(() => new TwoInputFunction(rules), item => item.Key, item => item.Key, Options(mode)))
        {
        }

        private Two(TwoInputHarness<Item, Item, Fields> harness) : base(harness)
        {
            _harness = harness;
        }

        protected override void Send(RecordStep record)
        {
            if (record.Input == 0)
            {
                _harness.Send1(Parse(record), record.Timestamp);
            }
            else
            {
                _harness.Send2(Parse(record), record.Timestamp);
            }
        }

        protected override void Watermark(int input, long time) => _ = input == 0 ? _harness.Watermark1(time) : _harness.Watermark2(time);

        protected override void Status(int input, bool idle) => _ = input == 0 ? _harness.Idle1(idle) : _harness.Idle2(idle);

        protected override StepOutput Output(Fields value, long? timestamp) => Write(value, timestamp);
    }

    /// <summary>The behaviour of both functions.</summary>
    private sealed class Behaviour(Rule[] rules, ValueState<long> fired)
    {
        public static void Process(Item item, KeyedContext<string> context, Output<Fields> output)
        {
            foreach (Command command in item.Commands)
            {
                switch (command.Do)
                {
                    case "et":
                        context.Timers.RegisterEventTime(command.Time);
                        break;
                    case "det":
                        context.Timers.DeleteEventTime(command.Time);
                        break;
                    case "pt":
                        context.Timers.RegisterProcessingTime(command.Time);
                        break;
                    case "dpt":
                        context.Timers.DeleteProcessingTime(command.Time);
                        break;
                    case "now":
                        output.Emit(new Fields(context.Key, "now", [context.Watermark, context.Timestamp, context.ProcessingTime]));
                        break;
                    default:
                        throw new NotSupportedException(command.Do);
                }
            }
        }

        public void OnTimer(in FiredTimer timer, KeyedContext<string> context, Output<Fields> output)
        {
            long n = fired.GetOr(0) + 1;
            fired.Set(n);
            output.Emit(new Fields(
                context.Key, timer.Domain == TimeDomain.EventTime ? "et" : "pt", [timer.Time, context.Watermark, context.ProcessingTime, n]));
            foreach (Rule rule in rules)
            {
                if (rule.When == timer.Domain && n <= rule.UntilFired)
                {
                    Process(new Item(context.Key, [new Command(rule.Do.TrimEnd('+'), timer.Time + rule.Distance)]), context, output);
                }
            }
        }
    }

    private sealed class OneInputFunction(Rule[] rules) : KeyedProcessFunction<string, Item, Fields>
    {
        private Behaviour _behaviour = null!;

        public override void Open(OpenContext context) => _behaviour = new Behaviour(rules, context.State.Value<long>("fired"));

        public override void Process(in Item value, KeyedContext<string> context, Output<Fields> output) => Behaviour.Process(value, context, output);

        public override void OnTimer(in FiredTimer timer, KeyedContext<string> context, Output<Fields> output) => _behaviour.OnTimer(in timer, context, output);
    }

    private sealed class TwoInputFunction(Rule[] rules) : KeyedCoProcessFunction<string, Item, Item, Fields>
    {
        private Behaviour _behaviour = null!;

        public override void Open(OpenContext context) => _behaviour = new Behaviour(rules, context.State.Value<long>("fired"));

        public override void Process1(in Item value, KeyedContext<string> context, Output<Fields> output) => Behaviour.Process(value, context, output);

        public override void Process2(in Item value, KeyedContext<string> context, Output<Fields> output) => Behaviour.Process(value, context, output);

        public override void OnTimer(in FiredTimer timer, KeyedContext<string> context, Output<Fields> output) => _behaviour.OnTimer(in timer, context, output);
    }
}
