using System.Globalization;
using System.Text.Json;

namespace OrleansStream.Conformance.Model;

/// <summary>Times of scenarios: numbers, or the words for the ends of the scale.</summary>
public static class Times
{
    /// <summary>Reads a time.</summary>
    /// <param name="json">A number, "max" or "min".</param>
    public static long Read(JsonElement json) =>
        json.ValueKind == JsonValueKind.Number ? json.GetInt64()
        : json.GetString() switch
        {
            "max" => long.MaxValue,
            "min" => long.MinValue,
            _ => throw new FormatException($"Not a time: {json.GetRawText()}"),
        };

    /// <summary>Writes a time as scenarios do.</summary>
    /// <param name="time">The time.</param>
    public static string Write(long time) => time switch
    {
        long.MaxValue => "\"max\"",
        long.MinValue => "\"min\"",
        _ => time.ToString(CultureInfo.InvariantCulture),
    };
}
