using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace OrleansStream.Engine.State;

/// <summary>What a lookup needs of a segment, kept in the directory itself: the chain of dependent loads is one shorter so.</summary>
internal unsafe struct DirectoryEntry<TKey, TValue>
{
    public Slot<TKey, TValue>[]? Array;
    public void* Memory;
    public uint Mask;

    /// <summary>Whether an open snapshot sees the segment, so that it must be copied before it is written to.</summary>
    public bool IsShared;

    public readonly ref Slot<TKey, TValue> First
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => ref Segment<TKey, TValue>.IsNative
            ? ref Unsafe.AsRef<Slot<TKey, TValue>>(Memory)
            : ref MemoryMarshal.GetArrayDataReference(Array!);
    }
}
