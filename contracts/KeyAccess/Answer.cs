namespace OrleansStream;

/// <summary>When a message counts as delivered.</summary>
public enum Delivery
{
    /// <summary>When the key's call with it has ended. Its effect is lost if the attempt fails before the next checkpoint.</summary>
    Applied,

    /// <summary>When a checkpoint that contains its effect has completed: exactly once, since the message carries an id and is sent again until then.</summary>
    Durable,
}

/// <summary>How firm an answer is.</summary>
public enum AskMode
{
    /// <summary>What the key has now. A failure may take it back.</summary>
    Latest,

    /// <summary>What the key has now, told when a checkpoint that contains it has completed.</summary>
    Durable,
}

/// <summary>A state of a key at one moment.</summary>
/// <typeparam name="T">The type of the state.</typeparam>
/// <param name="HasValue">Whether the key has that state.</param>
/// <param name="Value">The value; the default if it has none.</param>
/// <param name="Attempt">The attempt that answered.</param>
/// <param name="CheckpointId">For a durable answer the checkpoint that contains it, else the last one that had completed; 0 for none.</param>
public readonly record struct Answer<T>(bool HasValue, T? Value, int Attempt, long CheckpointId);
