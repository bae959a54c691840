using System.Runtime.CompilerServices;

namespace OrleansStream.Engine.Exchange;

/// <summary>A batch with the keys of its records and their hashes, computed once by the sender.</summary>
internal sealed class KeyedBatch<TKey, T>(int capacity) : Batch<T>(capacity)
{
    public TKey[] Keys = new TKey[capacity + Stagger];
    public ulong[] Hashes = new ulong[capacity + Stagger];

    internal override void Resize(int capacity)
    {
        base.Resize(capacity);
        Array.Resize(ref Keys, capacity + Stagger);
        Array.Resize(ref Hashes, capacity + Stagger);
    }

    internal override void Reset()
    {
        if (RuntimeHelpers.IsReferenceOrContainsReferences<TKey>())
        {
            Array.Clear(Keys, 0, Count);
        }

        base.Reset();
    }
}
