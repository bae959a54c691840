using System.Runtime.CompilerServices;

namespace OrleansStream.Bench.Workloads;

/// <summary>The mixing function of the workloads and what a sink adds up per record.</summary>
public static class Checksum
{
    /// <summary>The odd constant nearest to 2^64 divided by the golden ratio.</summary>
    public const ulong Golden = 0x9E3779B97F4A7C15;

    /// <summary>The finalizer of SplitMix64.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Mix(ulong z)
    {
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }

    /// <summary>What the record (a, b, c) adds to the sum.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Record(long a, long b, long c) =>
        Mix(((ulong)a * Golden) + Mix(((ulong)b * 0xC2B2AE3D27D4EB4F) + Mix((ulong)c)));
}
