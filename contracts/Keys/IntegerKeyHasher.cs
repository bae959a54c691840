using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace OrleansStream.Keys;

/// <summary>Integers, enums, bool and char: extended to 64 bits and mixed.</summary>
/// <typeparam name="TKey">The key.</typeparam>
/// <typeparam name="TInteger">The integer of the same size and sign that it is.</typeparam>
internal sealed class IntegerKeyHasher<TKey, TInteger> : KeyHasher<TKey> where TKey : unmanaged where TInteger : unmanaged
{
    public override ulong Hash(in TKey key) => Mix(Extend(key));

    public override void HashAll(ReadOnlySpan<TKey> keys, Span<ulong> hashes)
    {
        hashes = hashes[..keys.Length];
        int i = 0;
        // Elsewhere a product of 64 bits is put together from several, which is no faster than one value after the other.
        if (Unsafe.SizeOf<TKey>() == sizeof(ulong) && Avx512DQ.IsSupported)
        {
            ReadOnlySpan<ulong> values = MemoryMarshal.Cast<TKey, ulong>(keys);
            for (; i + Vector512<ulong>.Count <= values.Length && i + Vector512<ulong>.Count <= hashes.Length; i += Vector512<ulong>.Count)
            {
                Mix(Vector512.Create(values[i..])).CopyTo(hashes[i..]);
            }
        }

        for (; i < keys.Length; i++)
        {
            hashes[i] = Mix(Extend(keys[i]));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<ulong> Mix(Vector512<ulong> values)
    {
        Vector512<ulong> z = values + Vector512.Create(Increment);
        z = (z ^ (z >>> 30)) * Vector512.Create(FirstFactor);
        z = (z ^ (z >>> 27)) * Vector512.Create(SecondFactor);
        return z ^ (z >>> 31);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Extend(TKey key)
    {
        // The comparisons are constants of each instantiation.
        TInteger value = Unsafe.BitCast<TKey, TInteger>(key);
        return typeof(TInteger) == typeof(sbyte) ? (ulong)Unsafe.BitCast<TInteger, sbyte>(value)
            : typeof(TInteger) == typeof(byte) ? Unsafe.BitCast<TInteger, byte>(value)
            : typeof(TInteger) == typeof(short) ? (ulong)Unsafe.BitCast<TInteger, short>(value)
            : typeof(TInteger) == typeof(ushort) ? Unsafe.BitCast<TInteger, ushort>(value)
            : typeof(TInteger) == typeof(int) ? (ulong)Unsafe.BitCast<TInteger, int>(value)
            : typeof(TInteger) == typeof(uint) ? Unsafe.BitCast<TInteger, uint>(value)
            : Unsafe.BitCast<TInteger, ulong>(value);
    }
}
