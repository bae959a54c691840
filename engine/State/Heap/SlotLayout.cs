using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace OrleansStream.Engine.State;

/// <summary>
/// How the entries of a table lie in memory. With references in them: in arrays of <see cref="Slot{TKey, TValue}"/>. Without: in native memory. An entry whose key is an integer is there only the
/// hash, which tells the key, and behind it the value. All of it is constant for the JIT.
/// </summary>
internal static unsafe class SlotLayout<TKey, TValue>
{
    private const int LineBytes = 64;

    public static bool IsNative
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => !RuntimeHelpers.IsReferenceOrContainsReferences<TKey>() && !RuntimeHelpers.IsReferenceOrContainsReferences<TValue>();
    }

    /// <summary>Whether a slot is only hash and value.</summary>
    public static bool IsKeyless
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => IsNative && IntegerKey<TKey>.Is;
    }

    public static int SlotBytes
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => IsKeyless ? sizeof(ulong) + ((Unsafe.SizeOf<TValue>() + 7) & ~7) : Unsafe.SizeOf<Slot<TKey, TValue>>();
    }

    /// <summary>
    /// Whether four slots fill a cache line. Then a line is the home of its keys, and nearly all of them lie in it: a lookup is four comparisons without a branch, and one memory access.
    /// </summary>
    public static bool HasLines
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => IsKeyless && 4 * SlotBytes == LineBytes;
    }

    /// <summary>Where a key with this hash should lie, in slots.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static nuint Home(ulong hash, nuint mask) => HasLines ? (nuint)hash & mask & ~(nuint)3 : (nuint)hash & mask;

    /// <summary>The hash in a slot.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ref ulong Hash(void* memory, Slot<TKey, TValue>[]? array, nuint index) =>
        ref IsNative ? ref *(ulong*)((byte*)memory + (index * (nuint)SlotBytes)) : ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(array!), index).Hash;

    /// <summary>The value in a slot.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ref TValue Value(void* memory, Slot<TKey, TValue>[]? array, nuint index) =>
        ref IsNative ? ref Value((byte*)memory + (index * (nuint)SlotBytes)) : ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(array!), index).Value;

    /// <summary>The value in a slot of native memory.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ref TValue Value(void* slot) =>
        ref IsKeyless ? ref Unsafe.AsRef<TValue>((byte*)slot + sizeof(ulong)) : ref Unsafe.AsRef<Slot<TKey, TValue>>(slot).Value;

    /// <summary>The key in a slot.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TKey Key(void* memory, Slot<TKey, TValue>[]? array, nuint index) =>
        IsKeyless ? IntegerKey<TKey>.FromHash(Hash(memory, array, index)) : Stored(memory, array, index);

    /// <summary>Whether a slot, whose hash is that of the key, is the key's.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool HasKey(void* memory, Slot<TKey, TValue>[]? array, nuint index, in TKey key) =>
        IsKeyless || EqualityComparer<TKey>.Default.Equals(Stored(memory, array, index), key);

    /// <summary>Fills a slot.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Fill(void* memory, Slot<TKey, TValue>[]? array, nuint index, ulong hash, in TKey key, in TValue value)
    {
        Hash(memory, array, index) = hash;
        Value(memory, array, index) = value;
        if (!IsKeyless)
        {
            Stored(memory, array, index) = key;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ref TKey Stored(void* memory, Slot<TKey, TValue>[]? array, nuint index) => ref IsNative
        ? ref Unsafe.AsRef<Slot<TKey, TValue>>((byte*)memory + (index * (nuint)SlotBytes)).Key
        : ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(array!), index).Key;
}
