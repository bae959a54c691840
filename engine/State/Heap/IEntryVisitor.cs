namespace OrleansStream.Engine.State;

/// <summary>Takes the entries of a snapshot, on the thread that reads it. Best a struct, so that the calls are direct.</summary>
/// <typeparam name="TKey">The key.</typeparam>
/// <typeparam name="TValue">The value.</typeparam>
public interface IEntryVisitor<TKey, TValue>
{
    /// <summary>Takes an entry. The references are good during the call.</summary>
    /// <param name="key">The key.</param>
    /// <param name="hash">Its hash.</param>
    /// <param name="value">The value, not to be changed.</param>
    void Visit(in TKey key, ulong hash, in TValue value);
}
