using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace OrleansStream.Engine.State;

/// <summary>
/// A run of slots with linear probing, addressed by the low bits of the hash. A table writes to a segment only while no open snapshot
/// sees it, so that a snapshot can hold the object itself.
/// </summary>
internal sealed unsafe class Segment<TKey, TValue>
{
    /// <summary>Stands for a segment without memory: all keys are missing, and the first one to be added finds it full.</summary>
    public static readonly Segment<TKey, TValue> None = CreateNone();

    /// <summary>The memory, for slots without references.</summary>
    public void* Memory;

    /// <summary>The memory, for slots with references.</summary>
    public Slot<TKey, TValue>[]? Array;

    /// <summary>The table's version when the segment was made: snapshots of this version or a later one may see it.</summary>
    public long Version;

    /// <summary>The number of slots - 1.</summary>
    public uint Mask;

    public int Count;

    /// <summary>From this count on the segment is full.</summary>
    public int FullCount;

    /// <summary>How many top bits of the position all keys of the segment have in common.</summary>
    public int Depth;

    /// <summary>Which values an open snapshot may share. Null when none, and always for immutable values.</summary>
    public bool[]? SharedValues;

    public static bool IsNative
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => !RuntimeHelpers.IsReferenceOrContainsReferences<TKey>() && !RuntimeHelpers.IsReferenceOrContainsReferences<TValue>();
    }

    public int Capacity => FullCount == 0 ? 0 : (int)Mask + 1;

    public ref Slot<TKey, TValue> First
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => ref IsNative ? ref Unsafe.AsRef<Slot<TKey, TValue>>(Memory) : ref MemoryMarshal.GetArrayDataReference(Array!);
    }

    public ref Slot<TKey, TValue> this[nuint index]
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => ref Unsafe.Add(ref First, index);
    }

    /// <summary>A free slot: there always is one, and probing from it on meets every run of entries from its start.</summary>
    public nuint FirstFree()
    {
        for (nuint at = 0; at <= Mask; at++)
        {
            if (this[at].Hash == 0)
            {
                return at;
            }
        }
        throw new InvariantViolatedException($"A segment of {Mask + 1} slots with {Count} entries has no free slot.");
    }

    /// <summary>Puts an entry into the first free slot from its home on, and says which; the key must be missing and a slot free.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public nuint Append(ulong hash, in TKey key, in TValue value)
    {
        ref Slot<TKey, TValue> first = ref First;
        nuint mask = Mask;
        nuint at = (nuint)hash & mask;
        while (Unsafe.Add(ref first, at).Hash != 0)
        {
            at = (at + 1) & mask;
        }
        ref Slot<TKey, TValue> slot = ref Unsafe.Add(ref first, at);
        slot.Hash = hash;
        slot.Key = key;
        slot.Value = value;
        Count++;
        return at;
    }

    /// <summary>Frees a slot by moving back the entries behind it that it kept from a place nearer to their home.</summary>
    public void RemoveAt(nuint hole)
    {
        nuint mask = Mask;
        for (nuint at = (hole + 1) & mask; this[at].Hash != 0; at = (at + 1) & mask)
        {
            nuint home = (nuint)this[at].Hash & mask;
            if (((at - home) & mask) < ((at - hole) & mask))
            {
                continue;
            }
            this[hole] = this[at];
            if (SharedValues is { } shared)
            {
                shared[hole] = shared[at];
            }
            hole = at;
        }
        this[hole] = default;
        Count--;
    }

    private static Segment<TKey, TValue> CreateNone()
    {
        Segment<TKey, TValue> none = new() { Version = long.MaxValue };
        if (IsNative)
        {
            none.Array = GC.AllocateArray<Slot<TKey, TValue>>(1, pinned: true);
            none.Memory = Unsafe.AsPointer(ref none.Array[0]);
        }
        else
        {
            none.Array = new Slot<TKey, TValue>[1];
        }
        return none;
    }
}
