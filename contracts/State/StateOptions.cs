namespace OrleansStream.State;

/// <summary>How a keyed state is kept. Given where the state is declared.</summary>
public sealed record StateOptions
{
    /// <summary>
    /// How long a value lives after it was written, by the host's clock; each element of a list and each entry of a map by itself. Null, the default: for ever. Whole milliseconds, at least one. A state
    /// that has been stored with a time to live cannot be restored without one, nor the other way round.
    /// </summary>
    public TimeSpan? Ttl { get; init; }

    /// <summary>What begins the time anew.</summary>
    public TtlUpdate TtlUpdate { get; init; } = TtlUpdate.OnCreateAndWrite;

    /// <summary>What is seen of a value whose time is over.</summary>
    public TtlVisibility TtlVisibility { get; init; } = TtlVisibility.NeverReturnExpired;

    /// <summary>
    /// Whether values whose time is over are removed in the background: a share of the state is looked through with each few accesses to it, and
    /// checkpoints leave them out. Without it they are removed when they are read, and when their key is written.
    /// </summary>
    public bool TtlCleanup { get; init; } = true;
}

/// <summary>What begins the life of a value anew.</summary>
public enum TtlUpdate
{
    /// <summary>Writing it.</summary>
    OnCreateAndWrite,

    /// <summary>Writing and reading it.</summary>
    OnReadAndWrite,
}

/// <summary>What is seen of a value whose time is over.</summary>
public enum TtlVisibility
{
    /// <summary>Nothing.</summary>
    NeverReturnExpired,

    /// <summary>The value, until it has been removed: the first read that finds it removes it.</summary>
    ReturnExpiredIfNotCleanedUp,
}
