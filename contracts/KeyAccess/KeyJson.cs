using System.Text.Json;
using OrleansStream.Serialization;
using OrleansStream.Service;

namespace OrleansStream;

/// <summary>Requests to keys and their answers as the JSON of REST: for services and their clients. Any thread.</summary>
public static class KeyJson
{
    private static readonly JsonElement s_null = JsonElement.Parse("null");

    /// <summary>A request as JSON has it.</summary>
    /// <param name="request">The request.</param>
    /// <param name="id">The id of the call.</param>
    /// <exception cref="SerializationException">JSON cannot hold the key or the message.</exception>
    public static KeyCall CallOf(KeyRequest request, Guid id)
    {
        ArgumentNullException.ThrowIfNull(request);
        return new KeyCall
        {
            Id = id.ToString("N"),
            Operator = request.Operator,
            Key = SchemaJson.ToJson(request.Key, Schema(request.KeySchema)),
            Ask = request.IsTell ? null : request.Name,
            Tell = request.IsTell ? request.Name : null,
            Message = request.IsTell ? SchemaJson.ToJson(request.Payload, Schema(request.PayloadSchema)) : null,
            Durable = request.IsDurable,
        };
    }

    /// <summary>An answer as JSON has it.</summary>
    /// <param name="reply">What the key's subtask has answered.</param>
    /// <exception cref="SerializationException">JSON cannot hold the value.</exception>
    public static KeyAnswer AnswerOf(KeyReply reply)
    {
        ArgumentNullException.ThrowIfNull(reply);
        return reply.Value is null
            ? new KeyAnswer(false, null, null, reply.Attempt, reply.CheckpointId)
            : new KeyAnswer(true, SchemaJson.ToJson(reply.Value, Schema(reply.Schema)), reply.Schema, reply.Attempt, reply.CheckpointId);
    }

    /// <summary>What the key's subtask has answered, from its JSON.</summary>
    /// <param name="answer">The answer.</param>
    /// <exception cref="SerializationException">It is none of this version.</exception>
    public static KeyReply ReplyOf(KeyAnswer answer)
    {
        ArgumentNullException.ThrowIfNull(answer);
        KeyReply reply = new(KeyStatus.Done) { Attempt = answer.Attempt, CheckpointId = answer.CheckpointId };
        return answer is { HasValue: true, Schema: { } schema }
            ? reply with { Value = SchemaJson.ToBytes(answer.Value ?? s_null, Schema(schema)), Schema = schema }
            : reply;
    }

    private static TypeSchema Schema(byte[] schema) => TypeSchema.Read(new DataReader(schema));
}
