using System.Runtime.CompilerServices;
using OrleansStream.Keys;

namespace OrleansStream.Engine.State;

/// <summary>Keys that are integers: their hash is a permutation of 64 bits, so it tells the key, and a slot need not hold both.</summary>
internal static class IntegerKey<TKey>
{
    /// <summary>Whether the key is an integer, an enum, bool or char. A constant for the JIT.</summary>
    public static bool Is
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => typeof(TKey) == typeof(long) || typeof(TKey) == typeof(ulong) || typeof(TKey) == typeof(int) || typeof(TKey) == typeof(uint)
            || typeof(TKey) == typeof(short) || typeof(TKey) == typeof(ushort) || typeof(TKey) == typeof(byte) || typeof(TKey) == typeof(sbyte)
            || typeof(TKey) == typeof(char) || typeof(TKey) == typeof(bool) || typeof(TKey).IsEnum;
    }

    /// <summary>The key that has a hash.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TKey FromHash(ulong hash)
    {
        // Smaller integers were extended: the low bits are the key.
        ulong value = KeyHasher.Unmix(hash);
        return Unsafe.SizeOf<TKey>() switch
        {
            1 => Unsafe.BitCast<byte, TKey>((byte)value),
            2 => Unsafe.BitCast<ushort, TKey>((ushort)value),
            4 => Unsafe.BitCast<uint, TKey>((uint)value),
            _ => Unsafe.BitCast<ulong, TKey>(value),
        };
    }
}
