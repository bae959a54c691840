using System.Runtime.CompilerServices;

namespace OrleansStream.Engine.State;

/// <summary>The keys of a run of records and their hashes. Of integers there are only the hashes, which tell the keys.</summary>
/// <param name="keys">The keys; not looked at if they are integers.</param>
/// <param name="hashes">Their hashes.</param>
internal readonly ref struct KeyRun<TKey>(ReadOnlySpan<TKey> keys, ReadOnlySpan<ulong> hashes)
{
    private readonly ReadOnlySpan<TKey> _keys = keys;

    public readonly ReadOnlySpan<ulong> Hashes = hashes;

    public int Length
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => Hashes.Length;
    }

    /// <summary>A key.</summary>
    public TKey this[int i]
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => IntegerKey<TKey>.Is ? IntegerKey<TKey>.FromHash(Hashes[i]) : _keys[i];
    }
}
