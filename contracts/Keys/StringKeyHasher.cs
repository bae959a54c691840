using System.Runtime.CompilerServices;
using System.Text;
using OrleansStream.Serialization;

namespace OrleansStream.Keys;

/// <summary>Strings: XXH64 of their UTF-8.</summary>
internal sealed class StringKeyHasher : KeyHasher<string>
{
    private const int StackBytes = 384;

    public override ulong Hash(in string key) => HashOne(key, stackalloc byte[StackBytes]);

    [SkipLocalsInit]
    public override void HashAll(ReadOnlySpan<string> keys, Span<ulong> hashes)
    {
        Span<byte> scratch = stackalloc byte[StackBytes];
        hashes = hashes[..keys.Length];
        for (int i = 0; i < keys.Length; i++)
        {
            hashes[i] = HashOne(keys[i], scratch);
        }
    }

    private static ulong HashOne(string? key, Span<byte> scratch)
    {
        if (key is null)
        {
            ThrowNull(typeof(string));
        }

        return key.Length * 3 <= StackBytes ? XxHash64.Hash(scratch[..Encoding.UTF8.GetBytes(key, scratch)]) : HashLong(key);
    }

    private static ulong HashLong(string key)
    {
        DataWriter bytes = CanonicalBytes.Rent();
        int count = Encoding.UTF8.GetBytes(key, bytes.GetSpan(Encoding.UTF8.GetMaxByteCount(key.Length)));
        bytes.Advance(count);
        ulong hash = XxHash64.Hash(bytes.WrittenSpan);
        CanonicalBytes.Return(bytes);
        return hash;
    }
}
