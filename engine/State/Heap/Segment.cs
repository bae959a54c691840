using System.Runtime.CompilerServices;

namespace OrleansStream.Engine.State;

/// <summary>
/// A run of slots with linear probing, addressed by the low bits of the hash. A table writes to a segment only while no open snapshot
/// sees it, so that a snapshot can hold the object itself.
/// </summary>
internal sealed unsafe class Segment<TKey, TValue>
{
    /// <summary>Stands for a segment without memory: all keys are missing, and the first one to be added finds it full.</summary>
    public static readonly Segment<TKey, TValue> None = CreateNone(isLowest: false);

    /// <summary>The same for the start of a table.</summary>
    public static readonly Segment<TKey, TValue> LowestNone = CreateNone(isLowest: true);

    // Slots of None: as many as a lookup compares at once.
    private const int NoneSlots = 4;

    /// <summary>The memory, for slots without references.</summary>
    public void* Memory;

    /// <summary>The memory, for slots with references.</summary>
    public Slot<TKey, TValue>[]? Array;

    /// <summary>What keeps the memory of a segment that the pool did not give.</summary>
    public byte[]? Pinned;

    /// <summary>The table's version when the segment was made: snapshots of this version or a later one may see it.</summary>
    public long Version;

    /// <summary>The hash in a free slot: one that no key of this segment can have.</summary>
    public ulong Free;

    /// <summary>The number of slots - 1.</summary>
    public uint Mask;

    public int Count;

    /// <summary>From this count on the segment is full.</summary>
    public int FullCount;

    /// <summary>How many top bits of the position all keys of the segment have in common.</summary>
    public int Depth;

    /// <summary>No entry is due before this time; see <see cref="KeyedTable{TKey, TValue}.TakeDue{TVisitor}"/>. Snapshots know nothing of it.</summary>
    public long Due = long.MaxValue;

    /// <summary>The same for each <see cref="DueGroup"/> slots; null while it is <see cref="Due"/> for all of them.</summary>
    public long[]? Dues;

    /// <summary>The slots that share a time, as a power of two.</summary>
    public const int DueGroup = 6;

    /// <summary>Which values an open snapshot may share. Null when none, and always for immutable values.</summary>
    public bool[]? SharedValues;

    public int Capacity => FullCount == 0 ? 0 : (int)Mask + 1;

    /// <summary>
    /// The hash in a free slot of a segment. Where slots hold the key, the hash 0 is taken for 1 and so never a key's. Where the hash is all that is there of a key it may be 0, and the key then belongs to
    /// the lowest segment of the table; that one marks free slots with the largest hash, which belongs to the highest. (A table of such keys has two segments at least.)
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong FreeHash(bool isLowest) => SlotLayout<TKey, TValue>.IsKeyless && isLowest ? ulong.MaxValue : 0;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ref ulong HashAt(nuint index) => ref SlotLayout<TKey, TValue>.Hash(Memory, Array, index);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TKey KeyAt(nuint index) => SlotLayout<TKey, TValue>.Key(Memory, Array, index);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ref TValue ValueAt(nuint index) => ref SlotLayout<TKey, TValue>.Value(Memory, Array, index);

    /// <summary>The slot that a value lies in.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public nuint IndexOf(ref TValue value) => SlotLayout<TKey, TValue>.IsNative
        ? (nuint)((nint)Unsafe.AsPointer(ref value) - (nint)Memory) / (nuint)SlotLayout<TKey, TValue>.SlotBytes
        : (nuint)(nint)Unsafe.ByteOffset(ref ValueAt(0), ref value) / (nuint)Unsafe.SizeOf<Slot<TKey, TValue>>();

    /// <summary>The times of the groups of slots.</summary>
    public long[] SplitDues()
    {
        if (Dues is null)
        {
            Dues = new long[(Mask >> DueGroup) + 1];
            System.Array.Fill(Dues, Due);
        }
        return Dues;
    }

    /// <summary>A free slot: there always is one, and probing from it on meets every run of entries from its start.</summary>
    public nuint FirstFree()
    {
        for (nuint at = 0; at <= Mask; at++)
        {
            if (HashAt(at) == Free)
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
        nuint mask = Mask;
        ulong free = Free;
        nuint at = SlotLayout<TKey, TValue>.Home(hash, mask);
        while (HashAt(at) != free)
        {
            at = (at + 1) & mask;
        }
        Put(at, hash, key, value);
        return at;
    }

    /// <summary>Puts an entry into a free slot.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Put(nuint at, ulong hash, in TKey key, in TValue value)
    {
        SlotLayout<TKey, TValue>.Fill(Memory, Array, at, hash, key, value);
        Count++;
    }

    /// <summary>Frees a slot by moving back the entries behind it that it kept from a place nearer to their home.</summary>
    public void RemoveAt(nuint hole)
    {
        nuint mask = Mask;
        for (nuint at = (hole + 1) & mask; HashAt(at) != Free; at = (at + 1) & mask)
        {
            nuint home = SlotLayout<TKey, TValue>.Home(HashAt(at), mask);
            if (((at - home) & mask) < ((at - hole) & mask))
            {
                continue;
            }
            SlotLayout<TKey, TValue>.Fill(Memory, Array, hole, HashAt(at), KeyAt(at), ValueAt(at));
            if (SharedValues is { } shared)
            {
                shared[hole] = shared[at];
            }
            if (Dues is { } dues)
            {
                dues[hole >> DueGroup] = Math.Min(dues[hole >> DueGroup], dues[at >> DueGroup]);
            }
            hole = at;
        }
        SlotLayout<TKey, TValue>.Fill(Memory, Array, hole, Free, default!, default!);
        if (SharedValues is { } flags)
        {
            // The slot's next value is no snapshot's.
            flags[hole] = false;
        }
        Count--;
    }

    private static Segment<TKey, TValue> CreateNone(bool isLowest)
    {
        Segment<TKey, TValue> none = new()
        {
            Version = long.MaxValue,
            Free = FreeHash(isLowest),
            Mask = NoneSlots - 1,
            Depth = SlotLayout<TKey, TValue>.IsKeyless ? 1 : 0,
        };
        if (SlotLayout<TKey, TValue>.IsNative)
        {
            // Never moved, never given back.
            byte[] memory = GC.AllocateArray<byte>(NoneSlots * SlotLayout<TKey, TValue>.SlotBytes, pinned: true);
            none.Pinned = memory;
            none.Memory = Unsafe.AsPointer(ref memory[0]);
        }
        else
        {
            none.Array = new Slot<TKey, TValue>[NoneSlots];
        }

        for (nuint at = 0; at < NoneSlots; at++)
        {
            none.HashAt(at) = none.Free;
        }
        return none;
    }
}
