using OrleansStream.Keys;

namespace OrleansStream.Engine.Tests.State;

/// <summary>Hash functions that a table must live with.</summary>
internal static class TestHashes
{
    public static ulong Mixed(long key)
    {
        ulong z = (ulong)key + 0x9E3779B97F4A7C15;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }

    /// <summary>The key whose hash by <see cref="Mixed"/> this is.</summary>
    public static long KeyOf(ulong hash) => (long)KeyHasher.Unmix(hash);

    /// <summary>A hash function by name, with the results in a range of key groups.</summary>
    public static Func<long, ulong> Named(string name, int firstGroup, int lastGroup, int maxParallelism) => key =>
    {
        ulong mixed = Mixed(key);
        ulong hash = name switch
        {
            "mixed" => mixed,
            "same low bits" => mixed & 0xFFFFFFFF_00000000,
            "same high bits" => (mixed & 0xFFFFFFFF) | 0x80000000_00000000,
            "few high bits" => (mixed & 0xC0000000_FFFFFFFF) | 0x00123400_00000000,
            "all equal" => 0x7777_7777_7777_7777,
            "zero or one" => (ulong)key & 1,
            "few distinct" => Mixed(key % 5),
            "ascending" => (ulong)key << 44,
            _ => throw new ArgumentOutOfRangeException(nameof(name)),
        };
        ulong groups = (ulong)(lastGroup - firstGroup + 1);
        ulong groupWidth = (1UL << 32) / (ulong)maxParallelism;
        ulong high = ((ulong)firstGroup * groupWidth) + (((hash >> 32) * groups * groupWidth) >> 32);
        return (high << 32) | (hash & 0xFFFFFFFF);
    };
}

/// <summary>A key that may have any hash. (An integer may have its own only.)</summary>
internal readonly record struct NamedKey(long Value)
{
    public static Func<NamedKey, ulong> Hashed(Func<long, ulong> hash) => key => hash(key.Value);
}
