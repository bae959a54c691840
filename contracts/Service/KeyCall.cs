using System.Text.Json;
using System.Text.Json.Serialization;

namespace OrleansStream.Service;

/// <summary>A question or message to a key. The shape of the body of <c>POST /v1/jobs/{id}/key</c>.</summary>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public sealed record KeyCall
{
    /// <summary>
    /// The id of the call, which the caller chooses so that it can be repeated: 32 lower-case hexadecimal digits of random bits. A message with the id of one that was applied is not applied again. May be null
    /// for a question.
    /// </summary>
    public string? Id { get; init; }

    /// <summary>The uid of the operator.</summary>
    public required string Operator { get; init; }

    /// <summary>The key as JSON: a text, a number, an object of a record's members. A number may be given as text.</summary>
    public required JsonElement Key { get; init; }

    /// <summary>For a question the name of the state, or <c>*</c> for all that the key has; else null.</summary>
    public string? Ask { get; init; }

    /// <summary>For a message its type, as the operator accepts it, with or without namespace; else null.</summary>
    public string? Tell { get; init; }

    /// <summary>The message as JSON; null for a question.</summary>
    public JsonElement? Message { get; init; }

    /// <summary>Whether the answer waits for a checkpoint that contains what was read or done.</summary>
    public bool Durable { get; init; }
}

/// <summary>What became of a <see cref="KeyCall"/>.</summary>
/// <param name="HasValue">Whether the key has the state that was asked for; false for a message.</param>
/// <param name="Value">The value as JSON; null if there is none.</param>
/// <param name="Schema">The schema of the value, with which a program reads it back as its type: base64, null if there is none.</param>
/// <param name="Attempt">The attempt that answered.</param>
/// <param name="CheckpointId">For a durable answer the checkpoint that contains it, else the last one that had completed; 0 for none.</param>
public sealed record KeyAnswer(bool HasValue, JsonElement? Value, byte[]? Schema, int Attempt, long CheckpointId);
