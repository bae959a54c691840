using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace OrleansStream.Examples.Flights;

/// <summary>A flight, a line of the input.</summary>
/// <param name="Date">The scheduled departure; a local time, which we read as UTC.</param>
/// <param name="Delay">Minutes; negative: early.</param>
/// <param name="Distance">Miles.</param>
/// <param name="Origin">The airport.</param>
/// <param name="Destination">The airport.</param>
public sealed record Flight(
    [property: JsonConverter(typeof(FlightDateConverter))] DateTimeOffset Date, int Delay, int Distance, string Origin, string Destination);

/// <summary>Reads <c>2001/01/01 00:47</c>.</summary>
public sealed class FlightDateConverter : JsonConverter<DateTimeOffset>
{
    private const string Format = "yyyy/MM/dd HH:mm";

    /// <inheritdoc/>
    public override DateTimeOffset Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        DateTimeOffset.TryParseExact(reader.GetString(), Format, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out DateTimeOffset date)
            ? date
            : throw new JsonException($"'{reader.GetString()}' is not a date such as 2001/01/01 00:47.");

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, DateTimeOffset value, JsonSerializerOptions options) =>
        writer.WriteStringValue(value.ToString(Format, CultureInfo.InvariantCulture));
}
