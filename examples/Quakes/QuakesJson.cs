using System.Text.Json;
using System.Text.Json.Serialization;

namespace OrleansStream.Examples.Quakes;

/// <summary>Reads earthquakes and writes activities.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(Earthquake))]
[JsonSerializable(typeof(Activity))]
public sealed partial class QuakesJson : JsonSerializerContext;
