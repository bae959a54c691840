using System.Runtime.CompilerServices;

namespace OrleansStream;

/// <summary>
/// Copies a value that was just made. The compiler copies a struct with loads of 16 or 32 bytes; when its fields were written a moment ago, by stores of 8, such a load cannot be served from the store
/// buffer and waits until the stores have reached the cache: about 15 cycles for each record. Loads as wide as the stores do not wait.
/// </summary>
internal static class StructCopy
{
    private const int MostBytes = 64;

    /// <summary>Assigns <paramref name="source"/> to <paramref name="destination"/>, word by word where that is the same.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Assign<T>(ref T destination, in T source)
    {
        // All conditions are constants for the JIT.
        if (RuntimeHelpers.IsReferenceOrContainsReferences<T>() || Unsafe.SizeOf<T>() <= 8 || Unsafe.SizeOf<T>() % 8 != 0 || Unsafe.SizeOf<T>() > MostBytes)
        {
            destination = source;
            return;
        }

        ref ulong from = ref Unsafe.As<T, ulong>(ref Unsafe.AsRef(in source));
        ref ulong to = ref Unsafe.As<T, ulong>(ref destination);
        to = from;
        Unsafe.Add(ref to, 1) = Unsafe.Add(ref from, 1);
        if (Unsafe.SizeOf<T>() >= 24)
        {
            Unsafe.Add(ref to, 2) = Unsafe.Add(ref from, 2);
        }

        if (Unsafe.SizeOf<T>() >= 32)
        {
            Unsafe.Add(ref to, 3) = Unsafe.Add(ref from, 3);
        }

        if (Unsafe.SizeOf<T>() >= 40)
        {
            Unsafe.Add(ref to, 4) = Unsafe.Add(ref from, 4);
        }

        if (Unsafe.SizeOf<T>() >= 48)
        {
            Unsafe.Add(ref to, 5) = Unsafe.Add(ref from, 5);
        }

        if (Unsafe.SizeOf<T>() >= 56)
        {
            Unsafe.Add(ref to, 6) = Unsafe.Add(ref from, 6);
        }

        if (Unsafe.SizeOf<T>() >= 64)
        {
            Unsafe.Add(ref to, 7) = Unsafe.Add(ref from, 7);
        }
    }
}
