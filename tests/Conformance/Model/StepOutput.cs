using System.Text.Json;

namespace OrleansStream.Conformance.Model;

/// <summary>The kinds of outputs.</summary>
public enum OutputKind
{
    /// <summary><c>{"e":[…],"ts":t}</c>: a record.</summary>
    Record,

    /// <summary><c>{"late":[…]}</c>: a late record in the side output.</summary>
    Late,

    /// <summary><c>{"m":{…}}</c>: a pattern match.</summary>
    Match,

    /// <summary><c>{"timeout":{…}}</c>: a partial match that timed out.</summary>
    Timeout,

    /// <summary><c>{"w":t}</c>: a watermark.</summary>
    Watermark,

    /// <summary><c>{"idle":b}</c>: a status.</summary>
    Status,
}

/// <summary>One thing that leaves the operator during a step.</summary>
public sealed class StepOutput
{
    private StepOutput(OutputKind kind, JsonElement json)
    {
        Kind = kind;
        Json = json;
    }

    /// <summary>What it is.</summary>
    public OutputKind Kind { get; }

    /// <summary>The output as a JSON object.</summary>
    public JsonElement Json { get; }

    /// <summary>Whether it is a watermark or a status rather than data.</summary>
    public bool IsControl => Kind is OutputKind.Watermark or OutputKind.Status;

    /// <summary>The timestamp of a record; null if it has none.</summary>
    public long? Timestamp => Json.TryGetProperty("ts", out JsonElement ts) ? Times.Read(ts) : null;

    /// <summary>The key of a record, as canonical JSON.</summary>
    public string Key => Kind switch
    {
        OutputKind.Record => CanonicalJson.Of(Json.GetProperty("e")[0]),
        OutputKind.Late => CanonicalJson.Of(Json.GetProperty("late")[0]),
        OutputKind.Match or OutputKind.Timeout => CanonicalJson.Of(Json.GetProperty("key")),
        _ => "",
    };

    /// <summary>A record; <c>long.MaxValue</c> and <c>long.MinValue</c> among the fields are the times "max" and "min".</summary>
    /// <param name="timestamp">Its timestamp; null if it has none.</param>
    /// <param name="fields">What it is made of: numbers, strings, null, JSON elements, lists and dictionaries of these.</param>
    public static StepOutput Record(long? timestamp, params object?[] fields) =>
        timestamp is { } ts ? Of(OutputKind.Record, new { e = fields, ts }) : Of(OutputKind.Record, new { e = fields });

    /// <summary>A late record in the side output.</summary>
    /// <param name="input">The input it came from, for operators whose scenarios say it.</param>
    /// <param name="fields">Key, value, timestamp.</param>
    public static StepOutput Late(int? input, params object?[] fields)
    {
        Dictionary<string, object?> members = new() { ["late"] = fields };
        if (input is { } number)
        {
            members["in"] = number;
        }

        return Of(OutputKind.Late, members);
    }

    /// <summary>A pattern match, or a partial one that timed out.</summary>
    /// <param name="timedOut">Which of the two.</param>
    /// <param name="steps">The indexes of the input steps by name of the pattern step.</param>
    /// <param name="key">The key.</param>
    /// <param name="timestamp">The timestamp; null if it has none.</param>
    public static StepOutput Match(bool timedOut, IReadOnlyDictionary<string, int[]> steps, object? key, long? timestamp)
    {
        Dictionary<string, object?> members = new() { [timedOut ? "timeout" : "m"] = steps, ["key"] = key };
        if (timestamp is { } ts)
        {
            members["ts"] = ts;
        }

        return Of(timedOut ? OutputKind.Timeout : OutputKind.Match, members);
    }

    /// <summary>A watermark.</summary>
    /// <param name="time">The watermark.</param>
    public static StepOutput Watermark(long time) => Of(OutputKind.Watermark, new { w = time });

    /// <summary>A status.</summary>
    /// <param name="idle">Whether idle.</param>
    public static StepOutput Status(bool idle) => Of(OutputKind.Status, new { idle });

    /// <summary>Reads an output.</summary>
    /// <param name="json">The object.</param>
    public static StepOutput Parse(JsonElement json) => true switch
    {
        _ when json.TryGetProperty("e", out _) => new StepOutput(OutputKind.Record, json),
        _ when json.TryGetProperty("late", out _) => new StepOutput(OutputKind.Late, json),
        _ when json.TryGetProperty("m", out _) => new StepOutput(OutputKind.Match, json),
        _ when json.TryGetProperty("timeout", out _) => new StepOutput(OutputKind.Timeout, json),
        _ when json.TryGetProperty("w", out _) => new StepOutput(OutputKind.Watermark, json),
        _ when json.TryGetProperty("idle", out _) => new StepOutput(OutputKind.Status, json),
        _ => throw new FormatException($"No output of the README looks like this: {json.GetRawText()}"),
    };

    /// <inheritdoc/>
    public override string ToString() => CanonicalJson.Of(Json);

    private static StepOutput Of(OutputKind kind, object members) => new(kind, JsonSerializer.SerializeToElement(members));
}
