using System.Runtime.CompilerServices;
using OrleansStream.Engine.State;

namespace OrleansStream.Engine.Exchange;

/// <summary>
/// A batch with the hashes of its records' keys, computed once by the sender, and the keys. Integers have no column of their own: the hash tells the key, and what a batch holds crosses from one core to
/// another.
/// </summary>
internal sealed class KeyedBatch<TKey, T>(int capacity) : Batch<T>(capacity)
{
    public ulong[] Hashes = new ulong[capacity + Stagger];

    /// <summary>The keys, where they have a column: see <see cref="HasKeys"/>.</summary>
    public TKey[] Keys = HasKeys ? new TKey[capacity + Stagger] : [];

    /// <summary>Whether keys have a column. A constant for the JIT.</summary>
    public static bool HasKeys
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => !IntegerKey<TKey>.Is;
    }

    /// <summary>The key of a record.</summary>
    public TKey KeyAt(int i) => HasKeys ? Keys[i] : IntegerKey<TKey>.FromHash(Hashes[i]);

    /// <summary>The keys of some records.</summary>
    public KeyRun<TKey> KeysOf(int from, int count) => new(HasKeys ? Keys.AsSpan(from, count) : default, Hashes.AsSpan(from, count));

    /// <summary>Says what the key of a record is.</summary>
    public void SetKey(int i, in TKey key, ulong hash)
    {
        Hashes[i] = hash;
        if (HasKeys)
        {
            Keys[i] = key;
        }
    }

    internal override void Resize(int capacity)
    {
        base.Resize(capacity);
        Array.Resize(ref Hashes, capacity + Stagger);
        if (HasKeys)
        {
            Array.Resize(ref Keys, capacity + Stagger);
        }
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
