using System.Text.Json;
using OrleansStream.Conformance.Model;

namespace OrleansStream.Conformance.Drivers;

/// <summary>The windows of a scenario: assigner, trigger, evictor, lateness.</summary>
internal static class WindowOptions
{
    /// <summary>Groups a stream as the scenario says.</summary>
    /// <param name="stream">The stream.</param>
    /// <param name="scenario">A scenario of windows or of window joins.</param>
    /// <param name="mode">Whether the operator that knows every kind of window is wanted.</param>
    /// <param name="value">The number of a record, for gaps.</param>
    public static WindowedStream<string, T> Window<T>(this KeyedStream<string, T> stream, Scenario scenario, RunMode mode, Func<T, long> value)
    {
        JsonElement assigner = scenario.Operator.GetProperty("assigner");
        bool byClock = scenario.Text("time") == "processing";
        WindowedStream<string, T> windows = assigner.GetProperty("type").GetString() switch
        {
            "valueGapSession" => BySize(stream, Number(assigner, "gapPerUnit"), byClock, value),
            "tumbling" => stream.Window(ByClock(TumblingWindows.Of(Span(assigner, "size"), Span(assigner, "offset")), byClock)),
            "sliding" => stream.Window(ByClock(SlidingWindows.Of(Span(assigner, "size"), Span(assigner, "slide"), Span(assigner, "offset")), byClock)),
            "session" when byClock => stream.Window(SessionWindows.WithGap(Span(assigner, "gap")).InProcessingTime()),
            "session" => stream.Window(SessionWindows.WithGap(Span(assigner, "gap"))),
            "global" => stream.Window(GlobalWindows.Create()),
            string type => throw new NotSupportedException(type),
            null => throw new NotSupportedException("The assigner has no type."),
        };

        windows = WithTrigger(windows, scenario, mode, byClock);
        if (scenario.Operator.GetProperty("evictor") is { ValueKind: JsonValueKind.Object } evictor)
        {
            bool after = evictor.GetProperty("after").GetBoolean();
            windows = windows.Evict(evictor.GetProperty("type").GetString() == "count"
                ? Evictor.Count<T>((int)Number(evictor, "n"), after)
                : Evictor.Time<T>(Span(evictor, "ms"), after));
        }

        return windows.AllowLateness(TimeSpan.FromMilliseconds(scenario.Number("allowedLateness")!.Value));
    }

    private static WindowedStream<string, T> WithTrigger<T>(WindowedStream<string, T> windows, Scenario scenario, RunMode mode, bool byClock)
    {
        JsonElement trigger = scenario.Operator.GetProperty("trigger");
        if (trigger.GetProperty("type").GetString() == "purging")
        {
            windows = windows.Discarding();
            trigger = trigger.GetProperty("inner");
        }

        string type = trigger.GetProperty("type").GetString()!;
        bool isGlobal = scenario.Operator.GetProperty("assigner").GetProperty("type").GetString() == "global";
        if (type == "eventTime" && !byClock && !isGlobal && mode != RunMode.AttackedGeneral)
        {
            return windows;
        }

        return windows.Trigger(type switch
        {
            "eventTime" or "endOfStream" => Trigger.EventTime(),
            "processingTime" => Trigger.ProcessingTime(),
            "count" => Trigger.Count(Number(trigger, "n")),
            "continuousEventTime" => Trigger.ContinuousEventTime(Span(trigger, "interval")),
            "continuousProcessingTime" => Trigger.ContinuousProcessingTime(Span(trigger, "interval")),
            "never" => Trigger.Never(),
            _ => throw new NotSupportedException(type),
        });
    }

    private static WindowedStream<string, T> BySize<T>(KeyedStream<string, T> stream, long perUnit, bool byClock, Func<T, long> value)
    {
        SessionWindows<T> sessions = SessionWindows.WithGap<T>(item => TimeSpan.FromMilliseconds(perUnit * value(item)));
        return stream.Window(byClock ? sessions.InProcessingTime() : sessions);
    }

    private static TumblingWindows ByClock(TumblingWindows windows, bool byClock) => byClock ? windows.InProcessingTime() : windows;

    private static SlidingWindows ByClock(SlidingWindows windows, bool byClock) => byClock ? windows.InProcessingTime() : windows;

    private static long Number(JsonElement json, string name) => json.GetProperty(name).GetInt64();

    private static TimeSpan Span(JsonElement json, string name) => TimeSpan.FromMilliseconds(Number(json, name));
}
