namespace OrleansStream;

/// <summary>What a keyed function may ask: everything is about the key of the record, or of the timer, that is being processed.</summary>
/// <typeparam name="TKey">The type of the key.</typeparam>
public abstract class KeyedContext<TKey> : FunctionContext
{
    /// <summary>The key.</summary>
    public abstract TKey Key { get; }

    /// <summary>Registers and deletes timers of the key.</summary>
    public abstract Timers Timers { get; }
}
