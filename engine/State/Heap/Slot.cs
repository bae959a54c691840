namespace OrleansStream.Engine.State;

/// <summary>One place of a segment. Hash, key and value lie together, so that a lookup costs one cache line where they fit.</summary>
internal struct Slot<TKey, TValue>
{
    /// <summary>0 = free.</summary>
    public ulong Hash;
    public TKey Key;
    public TValue Value;
}
