namespace OrleansStream.Keys;

/// <summary>Hashes keys of one type; see <see cref="KeyHasher"/>. Shared; any thread.</summary>
/// <typeparam name="TKey">The type of the keys.</typeparam>
public abstract class KeyHasher<TKey> : KeyHasher
{
    private protected KeyHasher()
    {
    }

    /// <inheritdoc/>
    public sealed override Type KeyType => typeof(TKey);

    /// <summary>The hasher of the type. Throws <see cref="KeyTypeException"/> for a type that cannot be a key.</summary>
    public static KeyHasher<TKey> For() => For<TKey>();

    /// <summary>The hash of a key. A null key is a <see cref="KeyTypeException"/>.</summary>
    public abstract ulong Hash(in TKey key);

    /// <summary>The hashes of a batch's keys; called once for each batch. A null key is a <see cref="KeyTypeException"/>.</summary>
    /// <param name="keys">The keys.</param>
    /// <param name="hashes">Receives the hash of each key; at least as long as <paramref name="keys"/>.</param>
    public virtual void HashAll(ReadOnlySpan<TKey> keys, Span<ulong> hashes)
    {
        hashes = hashes[..keys.Length];
        for (int i = 0; i < keys.Length; i++)
        {
            hashes[i] = Hash(in keys[i]);
        }
    }
}
