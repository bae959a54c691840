using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace OrleansStream.Engine.State;

/// <summary>Copies memory of which little is read soon.</summary>
internal static unsafe class ColdCopy
{
    private const int Line = 64;

    /// <summary>
    /// Copies past the caches where the machine can: the target is not read before it is written, which is a third of the traffic, and what the caches hold stays there.
    /// </summary>
    /// <param name="from">The source, aligned to a cache line.</param>
    /// <param name="to">The target, aligned to a cache line.</param>
    /// <param name="bytes">How many bytes.</param>
    public static void Copy(void* from, void* to, long bytes)
    {
        if (!Vector256.IsHardwareAccelerated || !Sse.IsSupported || bytes % Line != 0)
        {
            Buffer.MemoryCopy(from, to, bytes, bytes);
            return;
        }

        byte* source = (byte*)from;
        byte* target = (byte*)to;
        for (byte* end = source + bytes; source < end; source += Line, target += Line)
        {
            Vector256<byte> low = Vector256.LoadAligned(source);
            Vector256<byte> high = Vector256.LoadAligned(source + (Line / 2));
            low.StoreAlignedNonTemporal(target);
            high.StoreAlignedNonTemporal(target + (Line / 2));
        }

        // Such stores may otherwise be seen after later ones.
        Sse.StoreFence();
    }
}
