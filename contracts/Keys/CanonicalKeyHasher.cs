using OrleansStream.Serialization;

namespace OrleansStream.Keys;

/// <summary>Writes the canonical bytes of a key or of a part of it.</summary>
internal delegate void CanonicalWriter<T>(DataWriter bytes, in T key);

/// <summary>All other keys: XXH64 of their canonical bytes.</summary>
internal sealed class CanonicalKeyHasher<TKey>(CanonicalWriter<TKey> write) : KeyHasher<TKey>
{
    public override ulong Hash(in TKey key)
    {
        DataWriter bytes = CanonicalBytes.Rent();
        ulong hash = HashOne(bytes, in key);
        CanonicalBytes.Return(bytes);
        return hash;
    }

    public override void HashAll(ReadOnlySpan<TKey> keys, Span<ulong> hashes)
    {
        hashes = hashes[..keys.Length];
        DataWriter bytes = CanonicalBytes.Rent();
        for (int i = 0; i < keys.Length; i++)
        {
            hashes[i] = HashOne(bytes, in keys[i]);
        }

        CanonicalBytes.Return(bytes);
    }

    private ulong HashOne(DataWriter bytes, in TKey key)
    {
        if (!typeof(TKey).IsValueType && key is null)
        {
            ThrowNull(typeof(TKey));
        }

        bytes.Clear();
        write(bytes, in key);
        return XxHash64.Hash(bytes.WrittenSpan);
    }
}
