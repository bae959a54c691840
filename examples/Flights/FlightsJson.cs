using System.Text.Json;
using System.Text.Json.Serialization;

namespace OrleansStream.Examples.Flights;

/// <summary>Reads flights and writes delays. A field that is missing or null makes a bad record, which <c>--on-bad-record</c> decides about.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(Flight))]
[JsonSerializable(typeof(HourlyDelay))]
public sealed partial class FlightsJson : JsonSerializerContext;
