using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;

namespace OrleansStream.Engine.State;

/// <summary>
/// The heap backend's table of one state: a directory of segments of at most 1,024 slots. The top bits of the hash choose the segment,
/// the low bits the slot in it; a full segment splits alone, so that no access ever waits for the whole table to grow. A snapshot
/// takes the directory; a segment that it sees is copied before the next write to it.
/// </summary>
/// <remarks>
/// Used by one thread, the one that runs the subtask; it never blocks. A <c>ref</c> to a value is good until the next call on the table.
/// Every call takes the key's 64-bit hash, which must be the same for equal keys and, for a key to be added, in the table's range of
/// key groups. (The hash 0 is taken for 1.) A table gives its memory back with <see cref="Clear"/>, or when its pool is disposed.
/// </remarks>
/// <typeparam name="TKey">The key, compared by its default equality.</typeparam>
/// <typeparam name="TValue">The state of a key.</typeparam>
public sealed partial class KeyedTable<TKey, TValue>
{
    private readonly HashScale _scale;
    private readonly SegmentPool _pool;
    private readonly ManagedBlocks<Slot<TKey, TValue>>? _arrays;
    private readonly ManagedBlocks<bool>? _flags;
    private readonly Func<TValue, TValue>? _copy;
    private readonly EqualityComparer<TKey> _comparer = EqualityComparer<TKey>.Default;

    private readonly uint _low;
    private readonly ulong _factor;
    private DirectoryEntry<TKey, TValue>[] _entries = s_emptyEntries;
    private int _shift = 63;
    private int _shape;

    private long _adds;
    private long _removes;

    /// <summary>Creates an empty table, which takes no memory from the pool yet.</summary>
    /// <param name="pool">The subtask's memory.</param>
    /// <param name="options">The subtask's key groups and the nature of the values.</param>
    public KeyedTable(SegmentPool pool, TableOptions<TValue> options)
    {
        _pool = pool;
        _scale = new HashScale(options.FirstGroup, options.LastGroup, options.MaxParallelism);
        _low = _scale.Low;
        _factor = _scale.Factor;
        if (!Segment<TKey, TValue>.IsNative)
        {
            _arrays = pool.BlocksOf<Slot<TKey, TValue>>();
        }
        if (MayCopy && options.Copy is not null)
        {
            _copy = options.Copy;
            _flags = pool.BlocksOf<bool>();
        }
    }

    /// <summary>The number of keys.</summary>
    public long Count => _adds - _removes;

    /// <summary>Finds the value of a key to write to it, adding the key with the default value when it is missing.</summary>
    /// <param name="key">The key.</param>
    /// <param name="hash">Its hash.</param>
    /// <param name="added">Whether the key was missing.</param>
    /// <returns>The value's place.</returns>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public ref TValue GetOrAdd(in TKey key, ulong hash, out bool added)
    {
        ref DirectoryEntry<TKey, TValue> entry = ref EntryOf(hash);
        if (entry.IsShared)
        {
            entry = ref Unshare(hash);
        }
        hash = Normal(hash);

        // As Find, written out: the hottest loop of all pays for no test of its result.
        ref Slot<TKey, TValue> first = ref entry.First;
        nuint mask = entry.Mask;
        nuint at = (nuint)hash & mask;

        // The first step is taken without a branch: whether a key lies at home is a coin that no predictor learns. A free home is
        // stepped over too, which makes the search for a missing key longer, never wrong.
        at = (at + (Unsafe.Add(ref first, at).Hash != hash ? (nuint)1 : 0)) & mask;
        while (true)
        {
            ref Slot<TKey, TValue> slot = ref Unsafe.Add(ref first, at);
            if (slot.Hash == hash)
            {
                if (AreEqual(slot.Key, key))
                {
                    added = false;
                    if (MayCopy && _copy is not null)
                    {
                        OwnValue(SegmentOf(hash), at);
                    }
                    return ref slot.Value;
                }
            }
            else if (slot.Hash == 0)
            {
                added = true;
                return ref Add(key, hash);
            }
            at = (at + 1) & mask;
        }
    }

    /// <summary>Finds the value of a key to write to it.</summary>
    /// <param name="key">The key.</param>
    /// <param name="hash">Its hash.</param>
    /// <returns>The value's place, or a null reference (<see cref="Unsafe.IsNullRef{T}"/>) when the key is missing.</returns>
    public ref TValue FindForWrite(in TKey key, ulong hash)
    {
        ref DirectoryEntry<TKey, TValue> entry = ref EntryOf(hash);
        hash = Normal(hash);
        ref Slot<TKey, TValue> slot = ref Find(ref entry, key, hash, out nuint at);
        if (Unsafe.IsNullRef(ref slot))
        {
            return ref Unsafe.NullRef<TValue>();
        }
        if (entry.IsShared)
        {
            slot = ref Unsafe.Add(ref Unshare(hash).First, at);
        }
        if (MayCopy && _copy is not null)
        {
            OwnValue(SegmentOf(hash), at);
        }
        return ref slot.Value;
    }

    /// <summary>Reads the value of a key.</summary>
    /// <param name="key">The key.</param>
    /// <param name="hash">Its hash.</param>
    /// <param name="value">The value, or the default when the key is missing.</param>
    /// <returns>Whether the key was there.</returns>
    public bool TryGet(in TKey key, ulong hash, [MaybeNullWhen(false)] out TValue value)
    {
        if (!MayCopy || _copy is null)
        {
            ref DirectoryEntry<TKey, TValue> entry = ref EntryOf(hash);
            ref Slot<TKey, TValue> slot = ref Find(ref entry, key, Normal(hash), out _);
            if (!Unsafe.IsNullRef(ref slot))
            {
                value = slot.Value;
                return true;
            }
        }
        else
        {
            // Who reads a mutable value may change it.
            ref TValue found = ref FindForWrite(key, hash);
            if (!Unsafe.IsNullRef(ref found))
            {
                value = found;
                return true;
            }
        }
        value = default;
        return false;
    }

    /// <summary>Removes a key.</summary>
    /// <param name="key">The key.</param>
    /// <param name="hash">Its hash.</param>
    /// <returns>Whether the key was there.</returns>
    public bool Remove(in TKey key, ulong hash)
    {
        hash = Normal(hash);
        if (Unsafe.IsNullRef(ref Find(ref EntryOf(hash), key, hash, out nuint at)))
        {
            return false;
        }
        RemoveAt(hash, at);
        return true;
    }

    /// <summary>
    /// Finds where the keys of a run of records should lie and brings those slots into the cache, for <see cref="GetOrAdd(in Place, in TKey, ulong, out bool)"/>. Two passes over a run
    /// of some dozen records cost less than one: this one has all its loads under way at once, and the other meets them in the cache.
    /// </summary>
    /// <param name="hashes">The hashes of the keys, all of them to be written to.</param>
    /// <param name="places">Receives a place for each hash.</param>
    /// <returns>The state of the table that the places belong to; they are wrong as soon as <see cref="Shape"/> differs from it.</returns>
    [MethodImpl(MethodImplOptions.NoInlining)]
    internal unsafe int Locate(ReadOnlySpan<ulong> hashes, Span<Place> places)
    {
        if (!Segment<TKey, TValue>.IsNative)
        {
            return _shape;
        }
        ref DirectoryEntry<TKey, TValue> entries = ref MemoryMarshal.GetArrayDataReference(_entries);
        uint low = _low;
        ulong factor = _factor;
        int shift = _shift;
        for (int i = 0; i < hashes.Length && i < places.Length; i++)
        {
            ulong hash = hashes[i];
            ref DirectoryEntry<TKey, TValue> entry = ref Unsafe.Add(ref entries, (nuint)((((uint)(hash >> 32) - low) * factor) >> shift));
            if (entry.IsShared)
            {
                entry = ref Unshare(hash);
                entries = ref MemoryMarshal.GetArrayDataReference(_entries);
            }
            nint first = (nint)entry.Memory;
            nuint mask = entry.Mask;
            nuint at = (nuint)Normal(hash);
            nint home = first + ((nint)(at & mask) * Unsafe.SizeOf<Slot<TKey, TValue>>());
            nint next = first + ((nint)((at + 1) & mask) * Unsafe.SizeOf<Slot<TKey, TValue>>());
            if (Sse.IsSupported)
            {
                Sse.Prefetch0((void*)home);
                // A key that lies further on most likely lies in this line.
                Sse.Prefetch0((void*)(home + 64));
            }
            places[i].Home = home;
            places[i].Next = next;
        }
        return _shape;
    }

    /// <summary>As <see cref="GetOrAdd(in TKey, ulong, out bool)"/>, for a key whose place was found before.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal unsafe ref TValue GetOrAdd(in Place place, in TKey key, ulong hash, out bool added)
    {
        if (!Segment<TKey, TValue>.IsNative)
        {
            return ref GetOrAdd(in key, hash, out added);
        }

        // Without a branch: whether a key lies at home is a coin that no predictor learns. (A free slot has the hash 0, which no key may be looked up by.)
        hash = Normal(hash);
        nint isElsewhere = *(ulong*)place.Home != hash ? 1 : 0;
        nint at = place.Home + ((place.Next - place.Home) & -isElsewhere);
        ref Slot<TKey, TValue> slot = ref Unsafe.AsRef<Slot<TKey, TValue>>((void*)at);
        if (slot.Hash == hash && AreEqual(slot.Key, key))
        {
            added = false;
            return ref slot.Value;
        }
        return ref GetOrAdd(in key, hash, out added);
    }

    /// <summary>Changes whenever entries move to other memory.</summary>
    internal int Shape => _shape;

    /// <summary>
    /// Starts a walk over all entries, in the order of their places (so by key group). No key may be added until it ends; the entry
    /// just visited may be removed.
    /// </summary>
    /// <returns>The walk, before the first entry.</returns>
    public TableCursor<TKey, TValue> OpenCursor()
    {
        _cursors++;
        return new TableCursor<TKey, TValue>(this, _adds, _removes);
    }

    private static bool MayCopy
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => RuntimeHelpers.IsReferenceOrContainsReferences<TValue>();
    }

    /// <summary>0 marks a free slot; the hash 0 becomes 1, which is of the same key group.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Normal(ulong hash) => Math.Max(hash, 1);

    // A hash outside the range still gives an index inside the directory: the shift leaves as many bits as that has.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private nuint IndexOf(ulong hash) => (nuint)((((uint)(hash >> 32) - _low) * _factor) >> _shift);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private ref DirectoryEntry<TKey, TValue> EntryOf(ulong hash) =>
        ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(_entries), IndexOf(hash));

    private Segment<TKey, TValue> SegmentOf(ulong hash) => _directory[IndexOf(hash)];

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private bool AreEqual(in TKey left, in TKey right) =>
        typeof(TKey).IsValueType ? EqualityComparer<TKey>.Default.Equals(left, right) : _comparer.Equals(left, right);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private ref Slot<TKey, TValue> Find(ref DirectoryEntry<TKey, TValue> entry, in TKey key, ulong hash, out nuint at)
    {
        ref Slot<TKey, TValue> first = ref entry.First;
        nuint mask = entry.Mask;
        at = (nuint)hash & mask;
        at = (at + (Unsafe.Add(ref first, at).Hash != hash ? (nuint)1 : 0)) & mask;
        while (true)
        {
            ref Slot<TKey, TValue> slot = ref Unsafe.Add(ref first, at);
            if (slot.Hash == hash)
            {
                if (AreEqual(slot.Key, key))
                {
                    return ref slot;
                }
            }
            else if (slot.Hash == 0)
            {
                return ref Unsafe.NullRef<Slot<TKey, TValue>>();
            }
            at = (at + 1) & mask;
        }
    }
}
