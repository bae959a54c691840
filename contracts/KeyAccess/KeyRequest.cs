namespace OrleansStream;

/// <summary>A question or message to a key of an operator, as it travels. Plain data.</summary>
public sealed record KeyRequest
{
    /// <summary>The uid of the operator.</summary>
    public required string Operator { get; init; }

    /// <summary>The 64-bit hash of the key, which says whose it is.</summary>
    public required ulong KeyHash { get; init; }

    /// <summary>The key, serialized.</summary>
    public required byte[] Key { get; init; }

    /// <summary>The schema of <see cref="Key"/>.</summary>
    public required byte[] KeySchema { get; init; }

    /// <summary>The key for people.</summary>
    public required string KeyText { get; init; }

    /// <summary>Whether it is a message; else a question.</summary>
    public required bool IsTell { get; init; }

    /// <summary>The state that is asked for, or the name of the message's type.</summary>
    public required string Name { get; init; }

    /// <summary>Whether the answer waits for a checkpoint that contains what was read or done.</summary>
    public required bool IsDurable { get; init; }

    /// <summary>The message, serialized; empty for a question.</summary>
    public byte[] Payload { get; init; } = [];

    /// <summary>The schema of <see cref="Payload"/>.</summary>
    public byte[] PayloadSchema { get; init; } = [];

    /// <summary>Identifies a message, however often it is sent.</summary>
    public Guid Id { get; init; }
}

/// <summary>What became of a <see cref="KeyRequest"/>. Plain data.</summary>
/// <param name="Status">Whether it was answered or done, or why not.</param>
/// <param name="Detail">For people, where it was refused.</param>
public sealed record KeyReply(KeyStatus Status, string Detail = "")
{
    /// <summary>The value, serialized; null if the key has none.</summary>
    public byte[]? Value { get; init; }

    /// <summary>The schema of <see cref="Value"/>.</summary>
    public byte[] Schema { get; init; } = [];

    /// <summary>The attempt that answered.</summary>
    public int Attempt { get; init; }

    /// <summary>For a durable answer the checkpoint that contains it, else the last one that had completed; 0 for none.</summary>
    public long CheckpointId { get; init; }

    /// <summary>With <see cref="KeyStatus.Elsewhere"/> the node that has the key; where a front has passed the request on, the node that it went to.</summary>
    public string? Node { get; init; }

    /// <summary>Whether the same request may succeed soon.</summary>
    public bool CanRetry => Status is KeyStatus.NotRunning or KeyStatus.Busy or KeyStatus.Elsewhere;
}

/// <summary>How a request to a key ended.</summary>
public enum KeyStatus
{
    /// <summary>Answered, or done.</summary>
    Done,

    /// <summary>The subtask does not run, or its attempt ended before the answer: ask again. A message may have been applied; with the same id it is not applied twice.</summary>
    NotRunning,

    /// <summary>Too many requests wait at the subtask: ask again.</summary>
    Busy,

    /// <summary>Another node has the key.</summary>
    Elsewhere,

    /// <summary>The operator has no key of that type, no such state, or accepts no such message. It stays so.</summary>
    Refused,
}
