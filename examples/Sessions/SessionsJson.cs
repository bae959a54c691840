using System.Text.Json;
using System.Text.Json.Serialization;

namespace OrleansStream.Examples.Sessions;

/// <summary>Writes viewing sessions.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(Viewing))]
public sealed partial class SessionsJson : JsonSerializerContext;
