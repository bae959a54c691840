using System.Text.Json;
using OrleansStream.Conformance.Model;
using OrleansStream.TestKit;

namespace OrleansStream.Conformance.Drivers;

/// <summary>Drives the pattern operator.</summary>
internal sealed class PatternDriver : OneInputDriver<PatternDriver.Event, PatternMatch<PatternDriver.Event>>
{
    private static readonly OutputTag<Event> s_late = new("late");
    private static readonly OutputTag<PatternMatch<Event>> s_timedOut = new("timed-out");
    private readonly int[] _indexes;
    private int _sent;

    private PatternDriver(Scenario scenario, OneInputHarness<Event, PatternMatch<Event>> harness) : base(harness)
    {
        _indexes = [.. scenario.Input.Select((step, at) => (step, at)).Where(s => s.step is RecordStep).Select(s => s.at)];
    }

    public static PatternDriver Create(Scenario scenario, RunMode mode)
    {
        JsonElement op = scenario.Operator;
        bool isEventTime = op.GetProperty("time").GetString() == "event";
        bool hasLate = op.GetProperty("lateOutput").GetBoolean();
        bool hasTimeouts = op.GetProperty("timeouts").GetBoolean();
        OneInputHarness<Event, PatternMatch<Event>> harness = OperatorHarness.ForKeyedStream<string, Event, PatternMatch<Event>>(
            stream =>
            {
                Pattern<Event> pattern = PatternOptions.Pattern(op.GetProperty("pattern"));
                pattern = op.GetProperty("within").ValueKind == JsonValueKind.Null ? pattern : pattern.Within(TimeSpan.FromMilliseconds(op.GetProperty("within").GetInt64()));
                PatternStream<string, Event> matches = stream.Match(pattern, PatternOptions.Skip(op.GetProperty("skip")));
                matches = isEventTime ? matches : matches.InProcessingTime();
                matches = hasLate ? matches.SideOutputLate(s_late) : matches;
                return (hasTimeouts ? matches.SideOutputTimedOut(s_timedOut) : matches).Select(match => match);
            },
            item => item.Key,
            Options(mode));
        harness = hasLate ? harness.WithSideOutput(s_late) : harness;
        return new PatternDriver(scenario, hasTimeouts ? harness.WithSideOutput(s_timedOut) : harness);
    }

    protected override Event Input(RecordStep record) => new(
        record.Key.GetString()!, _indexes[_sent++], record.Value[0].GetString()!, record.Value[1].GetInt64(), record.Timestamp);

    protected override StepOutput Output(PatternMatch<Event> value, long? timestamp) => Write(false, value, timestamp);

    protected override StepOutput Side(object value, long timestamp)
    {
        if (value is PatternMatch<Event> timedOut)
        {
            return Write(true, timedOut, timestamp == Batch<Event>.NoTimestamp ? null : timestamp);
        }

        Event late = (Event)value;
        Assert.Equal(late.Timestamp, timestamp);
        return StepOutput.Late(null, late.Key, new object[] { late.Letter, late.Number }, late.Timestamp);
    }

    private static StepOutput Write(bool isTimedOut, PatternMatch<Event> match, long? timestamp) => StepOutput.Match(
        isTimedOut, match.Steps.ToDictionary(step => step.Name, step => step.Events.Select(e => e.Id).ToArray()), match.Steps[0].Events[0].Key, timestamp);

    public sealed record Event(string Key, int Id, string Letter, long Number, long Timestamp);
}
