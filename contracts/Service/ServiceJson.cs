using System.Text.Json;
using System.Text.Json.Serialization;

namespace OrleansStream.Service;

/// <summary>The JSON of REST: camel case, enumerations as words with hyphens. A request with a member that is not known is refused, an answer may have more. Frozen by a test.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    Converters = [typeof(WordConverter<JobState>), typeof(WordConverter<JobServiceError>), typeof(WordConverter<CheckpointKind>), typeof(WordConverter<CheckpointState>), typeof(WordConverter<FaultOrigin>)],
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    RespectNullableAnnotations = true)]
[JsonSerializable(typeof(JobSubmission))]
[JsonSerializable(typeof(SavepointRequest))]
[JsonSerializable(typeof(KeyCall))]
[JsonSerializable(typeof(KeyAnswer))]
[JsonSerializable(typeof(JobInfo))]
[JsonSerializable(typeof(IReadOnlyList<JobInfo>))]
[JsonSerializable(typeof(JobDetails))]
[JsonSerializable(typeof(JobMetrics))]
[JsonSerializable(typeof(SavepointInfo))]
[JsonSerializable(typeof(IReadOnlyList<CheckpointInfo>))]
[JsonSerializable(typeof(IReadOnlyList<FailureInfo>))]
[JsonSerializable(typeof(PackageInfo))]
[JsonSerializable(typeof(IReadOnlyList<PackageInfo>))]
[JsonSerializable(typeof(ProblemInfo))]
public sealed partial class ServiceJson : JsonSerializerContext;

/// <summary>An enumeration as words with hyphens: <c>job-not-found</c>.</summary>
/// <typeparam name="TEnum">The enumeration.</typeparam>
public sealed class WordConverter<TEnum>() : JsonStringEnumConverter<TEnum>(JsonNamingPolicy.KebabCaseLower, allowIntegerValues: false) where TEnum : struct, Enum;
