using System.Runtime.CompilerServices;

namespace OrleansStream.Engine.State;

/// <summary>What a lookup needs of a segment, kept in the directory itself: the chain of dependent loads is one shorter so.</summary>
internal unsafe struct DirectoryEntry<TKey, TValue>
{
    public Slot<TKey, TValue>[]? Array;
    public void* Memory;
    public uint Mask;

    /// <summary>Whether an open snapshot sees the segment, so that it must be copied before it is written to.</summary>
    public bool IsShared;

    /// <summary>Whether it is the segment at the start of the table.</summary>
    public bool IsLowest;

    public readonly ulong Free
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => Segment<TKey, TValue>.FreeHash(IsLowest);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly ref ulong HashAt(nuint index) => ref SlotLayout<TKey, TValue>.Hash(Memory, Array, index);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly ref TValue ValueAt(nuint index) => ref SlotLayout<TKey, TValue>.Value(Memory, Array, index);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly bool HasKey(nuint index, in TKey key) => SlotLayout<TKey, TValue>.HasKey(Memory, Array, index, key);
}
