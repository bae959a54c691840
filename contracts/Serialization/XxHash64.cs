using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace OrleansStream.Serialization;

/// <summary>
/// The XXH64 hash: of keys (seed 0, fixed for ever, see <see cref="Keys.KeyHasher"/>) and of stored data, as a checksum against damage.
/// Not a defence against an attacker. Allocates nothing; any thread.
/// </summary>
public static class XxHash64
{
    internal const ulong Prime1 = 11400714785074694791;
    internal const ulong Prime2 = 14029467366897019727;
    internal const ulong Prime3 = 1609587929392839161;
    internal const ulong Prime4 = 9650029242287828579;
    internal const ulong Prime5 = 2870177450012600261;
    internal const int StripeBytes = 32;

    /// <summary>The hash of some bytes.</summary>
    public static ulong Hash(ReadOnlySpan<byte> data, ulong seed = 0)
    {
        ulong length = (ulong)data.Length;
        if (data.Length < StripeBytes)
        {
            return Finish(seed + Prime5 + length, data);
        }

        ulong a = seed + Prime1 + Prime2, b = seed + Prime2, c = seed, d = seed - Prime1;
        data = Stripes(data, ref a, ref b, ref c, ref d);
        return Finish(Converge(a, b, c, d) + length, data);
    }

    /// <summary>Takes all whole stripes in and returns what is left.</summary>
    internal static ReadOnlySpan<byte> Stripes(
        ReadOnlySpan<byte> data, scoped ref ulong a, scoped ref ulong b, scoped ref ulong c, scoped ref ulong d)
    {
        ulong v1 = a, v2 = b, v3 = c, v4 = d;
        while (data.Length >= StripeBytes)
        {
            v1 = Round(v1, Read64(data));
            v2 = Round(v2, Read64(data[8..]));
            v3 = Round(v3, Read64(data[16..]));
            v4 = Round(v4, Read64(data[24..]));
            data = data[StripeBytes..];
        }

        (a, b, c, d) = (v1, v2, v3, v4);
        return data;
    }

    internal static ulong Converge(ulong a, ulong b, ulong c, ulong d)
    {
        ulong hash = BitOperations.RotateLeft(a, 1) + BitOperations.RotateLeft(b, 7) + BitOperations.RotateLeft(c, 12)
            + BitOperations.RotateLeft(d, 18);
        hash = ((hash ^ Round(0, a)) * Prime1) + Prime4;
        hash = ((hash ^ Round(0, b)) * Prime1) + Prime4;
        hash = ((hash ^ Round(0, c)) * Prime1) + Prime4;
        return ((hash ^ Round(0, d)) * Prime1) + Prime4;
    }

    internal static ulong Finish(ulong hash, ReadOnlySpan<byte> tail)
    {
        while (tail.Length >= sizeof(ulong))
        {
            hash = (BitOperations.RotateLeft(hash ^ Round(0, Read64(tail)), 27) * Prime1) + Prime4;
            tail = tail[sizeof(ulong)..];
        }

        if (tail.Length >= sizeof(uint))
        {
            hash = (BitOperations.RotateLeft(hash ^ (MemoryMarshal.Read<uint>(tail) * Prime1), 23) * Prime2) + Prime3;
            tail = tail[sizeof(uint)..];
        }

        foreach (byte next in tail)
        {
            hash = BitOperations.RotateLeft(hash ^ (next * Prime5), 11) * Prime1;
        }

        hash = (hash ^ (hash >> 33)) * Prime2;
        hash = (hash ^ (hash >> 29)) * Prime3;
        return hash ^ (hash >> 32);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Round(ulong lane, ulong input) => BitOperations.RotateLeft(lane + (input * Prime2), 31) * Prime1;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Read64(ReadOnlySpan<byte> data) => MemoryMarshal.Read<ulong>(data);
}
