using System.Text.Json;

namespace OrleansStream.Conformance.Model;

/// <summary>One thing that is done to the operator of a scenario.</summary>
public abstract record Step
{
    /// <summary>The step as the scenario has it, for messages.</summary>
    public required JsonElement Json { get; init; }

    /// <summary>The input of the operator, 0 where the scenario names none.</summary>
    public int Input { get; init; }

    /// <summary>The split of a source reader, or null.</summary>
    public string? Split { get; init; }

    /// <summary>Reads a step.</summary>
    /// <param name="json">The object.</param>
    public static Step Parse(JsonElement json)
    {
        int input = json.TryGetProperty("in", out JsonElement given) ? given.GetInt32() : 0;
        string? split = json.TryGetProperty("split", out given) ? given.GetString() : null;
        bool deferred = json.TryGetProperty("deferred", out given) && given.GetBoolean();
        return true switch
        {
            _ when json.TryGetProperty("e", out JsonElement e) =>
                new RecordStep(e[0], e[1], Times.Read(e[2])) { Json = json, Input = input, Split = split },
            _ when json.TryGetProperty("w", out JsonElement w) => new WatermarkStep(Times.Read(w), deferred) { Json = json, Input = input, Split = split },
            _ when json.TryGetProperty("idle", out JsonElement idle) =>
                new StatusStep(idle.GetBoolean(), deferred) { Json = json, Input = input, Split = split },
            _ when json.TryGetProperty("p", out JsonElement p) => new ClockStep(Times.Read(p)) { Json = json },
            _ when json.TryGetProperty("s", out _) => new SnapshotStep { Json = json },
            _ when json.TryGetProperty("add", out JsonElement add) => new AddSplitStep { Json = json, Split = add.GetString() },
            _ when json.TryGetProperty("remove", out JsonElement remove) => new RemoveSplitStep { Json = json, Split = remove.GetString() },
            _ when json.TryGetProperty("emit", out _) => new EmitStep { Json = json },
            _ => throw new FormatException($"No step of the README looks like this: {json.GetRawText()}"),
        };
    }
}

/// <summary>A record arrives.</summary>
/// <param name="Key">Its key.</param>
/// <param name="Value">Its value; the shape depends on the family.</param>
/// <param name="Timestamp">Its event timestamp.</param>
public sealed record RecordStep(JsonElement Key, JsonElement Value, long Timestamp) : Step;

/// <summary>A watermark arrives.</summary>
/// <param name="Time">The watermark.</param>
/// <param name="Deferred">Multiplexer: whether it takes effect with the next emission only.</param>
public sealed record WatermarkStep(long Time, bool Deferred) : Step;

/// <summary>The input becomes idle or active.</summary>
/// <param name="Idle">Which of the two.</param>
/// <param name="Deferred">Multiplexer: whether it takes effect with the next emission only.</param>
public sealed record StatusStep(bool Idle, bool Deferred) : Step;

/// <summary>The processing-time clock is set.</summary>
/// <param name="Time">The clock's new time.</param>
public sealed record ClockStep(long Time) : Step;

/// <summary>Snapshot, close, restore into a fresh operator.</summary>
public sealed record SnapshotStep : Step;

/// <summary>A split is added.</summary>
public sealed record AddSplitStep : Step;

/// <summary>A split is removed.</summary>
public sealed record RemoveSplitStep : Step;

/// <summary>The multiplexer's periodic emission.</summary>
public sealed record EmitStep : Step;
