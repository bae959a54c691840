using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using OrleansStream.Serialization;

namespace OrleansStream.Keys;

/// <summary>
/// The 64-bit hash of keys, which decides on their key group and so on the subtask that keeps their state. Fixed for ever and the same in
/// all processes: savepoints depend on it. Integers, enums, bool and char by value whatever their width; all other types by XXH64 of
/// canonical
/// bytes. Hashers are shared; any thread.
/// </summary>
public abstract class KeyHasher
{
    // Weak: a key's type may belong to a job's package, which is to be unloaded.
    private static readonly ConditionalWeakTable<Type, KeyHasher> Found = [];

    private protected const ulong Increment = 0x9E3779B97F4A7C15;
    private protected const ulong FirstFactor = 0xBF58476D1CE4E5B9;
    private protected const ulong SecondFactor = 0x94D049BB133111EB;

    private protected KeyHasher()
    {
    }

    /// <summary>The type of the keys.</summary>
    public abstract Type KeyType { get; }

    /// <summary>
    /// The hasher of a type. Throws <see cref="KeyTypeException"/>, with the reason and a remedy, for a type that cannot be a key.
    /// </summary>
    public static KeyHasher<TKey> For<TKey>() => (KeyHasher<TKey>)For(typeof(TKey));

    /// <summary>The hasher of a type: a <see cref="KeyHasher{TKey}"/> of it. Throws as <see cref="For{TKey}"/>.</summary>
    public static KeyHasher For(Type keyType)
    {
        ArgumentNullException.ThrowIfNull(keyType);
        return Found.GetValue(keyType, KeyHasherFactory.Create);
    }

    /// <summary>The rule for integers: SplitMix64's next output after the state that is the value.</summary>
    internal static ulong Mix(ulong value)
    {
        ulong z = value + Increment;
        z = (z ^ (z >> 30)) * FirstFactor;
        z = (z ^ (z >> 27)) * SecondFactor;
        return z ^ (z >> 31);
    }

    /// <summary>The value that <see cref="Mix"/> gives this for: each step backwards, with the inverses of the factors modulo 2^64.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static ulong Unmix(ulong mixed)
    {
        ulong z = mixed ^ (mixed >> 31) ^ (mixed >> 62);
        z *= 0x319642B2D24D8EC3;
        z = z ^ (z >> 27) ^ (z >> 54);
        z *= 0x96DE1B173F119089;
        z = z ^ (z >> 30) ^ (z >> 60);
        return z - Increment;
    }

    [DoesNotReturn]
    private protected static void ThrowNull(Type type) => throw new KeyTypeException(
        $"A key of type {TypeNames.Of(type)} is null. Filter such records out before KeyBy, or choose a key that every record has.");
}
