using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace OrleansStream.Engine.Checkpointing;

/// <summary>The JSON inside the envelopes of metadata and log entries.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    UseStringEnumConverter = true,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(CheckpointMetadata))]
[JsonSerializable(typeof(JobLogRecord))]
internal sealed partial class CheckpointJson : JsonSerializerContext
{
    /// <summary>A value as the content of a file.</summary>
    public static byte[] ToFile<T>(CheckpointFileKind kind, T value, JsonTypeInfo<T> type) =>
        FileEnvelope.Wrap(kind, JsonSerializer.SerializeToUtf8Bytes(value, type));

    /// <summary>The value in a file's content.</summary>
    /// <exception cref="CheckpointStorageException">The file is torn, foreign or not readable by this build.</exception>
    public static T FromFile<T>(string path, CheckpointFileKind kind, byte[] file, JsonTypeInfo<T> type)
        where T : class
    {
        var payload = FileEnvelope.Open(path, kind, file);
        try
        {
            return JsonSerializer.Deserialize(payload.Span, type)
                ?? throw new JsonException("It is null.");
        }
        catch (Exception e) when (e is JsonException or NotSupportedException)
        {
            throw CheckpointStorageException.Damaged(
                $"Checkpoint file '{path}' is whole but this build cannot read it: {e.Message} Run the build that wrote it, or a newer one.", e);
        }
    }
}
