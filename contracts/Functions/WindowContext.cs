namespace OrleansStream;

/// <summary>What a window function may ask: everything is about the window that fires. One object per operator, valid during the call only.</summary>
/// <typeparam name="TKey">The type of the key.</typeparam>
public abstract class WindowContext<TKey> : FunctionContext
{
    /// <summary>The key.</summary>
    public abstract TKey Key { get; }

    /// <summary>The window. Its last millisecond is the timestamp of what is emitted.</summary>
    public TimeWindow Window { get; internal set; }
}
