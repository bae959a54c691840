using System.Text.Json;
using System.Text.Json.Serialization;

namespace OrleansStream.Examples.Fraud;

/// <summary>Writes alerts.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(Alert))]
public sealed partial class FraudJson : JsonSerializerContext;
