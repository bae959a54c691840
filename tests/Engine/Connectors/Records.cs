using System.Text.Json.Serialization;

namespace OrleansStream.Engine.Tests.Connectors;

public sealed record Reading(string Sensor, int Value, DateTimeOffset? Time = null);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(Reading))]
internal sealed partial class ConnectorJson : JsonSerializerContext;
