namespace OrleansStream;

/// <summary>How keyed functions are run, and the bounds of keyed grains. Immutable.</summary>
public sealed record KeyedOptions
{
    /// <summary><c>keyed.execution</c>: whether keyed process functions run over batches of all keys, or with an object and calls of its own for each key. The results are equal. Operators of the framework, joins among them, always run over batches. Default: vectorized.</summary>
    public KeyedExecution Execution { get; init; } = KeyedExecution.Vectorized;

    /// <summary><c>keyed.call-timeout</c>: a call for a key that takes longer fails the attempt, with the key named. Default: 30 s.</summary>
    public TimeSpan CallTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary><c>keyed.max-active-grains</c>: how many objects of keys a subtask keeps; the one that was idle for longest makes room for a new one. Default: 100,000.</summary>
    public int MaxActiveGrains { get; init; } = 100_000;

    /// <summary><c>keyed.tell-retention</c>: how long the ids of messages to a key are kept in its state, so that one that is sent again is not applied again. Default: 1 h.</summary>
    public TimeSpan TellRetention { get; init; } = TimeSpan.FromHours(1);

    internal void Validate(Action<bool, string, object?, string> check)
    {
        check(Enum.IsDefined(Execution), "keyed.execution", Execution, "must be vectorized or grain");
        check(CallTimeout >= TimeSpan.FromMilliseconds(1), "keyed.call-timeout", CallTimeout, "must be at least 1 ms");
        check(MaxActiveGrains >= 1, "keyed.max-active-grains", MaxActiveGrains, "must be at least 1");
        check(TellRetention >= TimeSpan.Zero, "keyed.tell-retention", TellRetention, "must not be negative");
    }
}

/// <summary>How keyed process functions are run.</summary>
public enum KeyedExecution
{
    /// <summary>One function object per subtask works through batches of all keys: fast.</summary>
    Vectorized,

    /// <summary>One function object per active key, as a keyed grain, with a call per key and batch: for functions that block, and to compare.</summary>
    Grain,
}
