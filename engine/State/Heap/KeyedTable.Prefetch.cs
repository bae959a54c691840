using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace OrleansStream.Engine.State;

/// <content>Bringing entries into the cache before they are looked up.</content>
public sealed partial class KeyedTable<TKey, TValue>
{
    /// <summary>
    /// Brings the slots in which keys should lie into the cache, for lookups that follow: all their memory accesses are under way at once then, instead of one after the other. Nothing depends on it.
    /// </summary>
    /// <param name="hashes">The hashes of the keys, some dozen at most.</param>
    internal unsafe void Prefetch(ReadOnlySpan<ulong> hashes)
    {
        if (!Sse.IsSupported)
        {
            return;
        }

        foreach (ulong hash in hashes)
        {
            ref DirectoryEntry<TKey, TValue> entry = ref EntryOf(hash);
            nuint home = SlotLayout<TKey, TValue>.Home(Normal(hash), entry.Mask);

            // Wherever the collector moves it meanwhile: this is a hint.
            Sse.Prefetch0(Unsafe.AsPointer(ref entry.HashAt(home)));
        }
    }
}
