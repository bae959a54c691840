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
        if (!SlotLayout<TKey, TValue>.IsNative)
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
    public ref TValue GetOrAdd(scoped in TKey key, ulong hash, out bool added)
    {
        ref DirectoryEntry<TKey, TValue> entry = ref EntryOf(hash);
        if (entry.IsShared)
        {
            entry = ref Unshare(hash);
        }
        hash = Normal(hash);

        // As Find, written out: the hottest loop of all pays for no test of its result.
        nuint mask = entry.Mask;
        ulong free = entry.Free;
        nuint at = Start(ref entry, hash, mask);
        while (true)
        {
            ulong there = entry.HashAt(at);
            if (there == free)
            {
                added = true;
                return ref Add(key, hash, at);
            }
            if (there == hash && HasKey(ref entry, at, key))
            {
                added = false;
                if (MayCopy && _copy is not null)
                {
                    OwnValue(SegmentOf(hash), at);
                }
                return ref entry.ValueAt(at);
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
        if (!TryFind(ref entry, key, hash, out nuint at))
        {
            return ref Unsafe.NullRef<TValue>();
        }
        if (entry.IsShared)
        {
            entry = ref Unshare(hash);
        }
        if (MayCopy && _copy is not null)
        {
            OwnValue(SegmentOf(hash), at);
        }
        return ref entry.ValueAt(at);
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
            if (TryFind(ref entry, key, Normal(hash), out nuint at))
            {
                value = entry.ValueAt(at);
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
        if (!TryFind(ref EntryOf(hash), key, hash, out nuint at))
        {
            return false;
        }
        RemoveAt(hash, at);
        return true;
    }

    /// <summary>
    /// Finds where the keys of a run of records should lie and brings those slots into the cache, for <see cref="GetOrAdd(in Place, KeyRun{TKey}, int, out bool)"/>. Two passes over a run
    /// of some dozen records cost less than one: this one has all its loads under way at once, and the other meets them in the cache.
    /// </summary>
    /// <param name="hashes">The hashes of the keys, all of them to be written to.</param>
    /// <param name="places">Receives a place for each hash.</param>
    /// <returns>The state of the table that the places belong to; they are wrong as soon as <see cref="Shape"/> differs from it.</returns>
    [MethodImpl(MethodImplOptions.NoInlining)]
    internal unsafe int Locate(ReadOnlySpan<ulong> hashes, Span<Place> places)
    {
        if (!SlotLayout<TKey, TValue>.IsNative)
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
            nuint mask = entry.Mask;
            nuint at = SlotLayout<TKey, TValue>.Home(Normal(hash), mask);
            nint home = (nint)entry.Memory + ((nint)at * SlotLayout<TKey, TValue>.SlotBytes);
            places[i].Home = home;
            if (Sse.IsSupported)
            {
                Sse.Prefetch0((void*)home);
            }
            if (!SlotLayout<TKey, TValue>.HasLines)
            {
                places[i].Next = (nint)entry.Memory + ((nint)((at + 1) & mask) * SlotLayout<TKey, TValue>.SlotBytes);
                if (Sse.IsSupported)
                {
                    // A key that lies further on most likely lies in this line.
                    Sse.Prefetch0((void*)(home + 64));
                    if (SlotLayout<TKey, TValue>.SlotBytes >= 64)
                    {
                        Sse.Prefetch0((void*)(home + 128));
                    }
                }
            }
        }
        return _shape;
    }

    /// <summary>As <see cref="GetOrAdd(in TKey, ulong, out bool)"/>, for a key of a run whose place was found before.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal unsafe ref TValue GetOrAdd(in Place place, KeyRun<TKey> keys, int i, out bool added)
    {
        ulong hash = keys.Hashes[i];
        if (SlotLayout<TKey, TValue>.IsNative)
        {
            ulong normal = Normal(hash);
            nint at = Likely(in place, normal);
            if (*(ulong*)at == normal && (SlotLayout<TKey, TValue>.IsKeyless || SlotLayout<TKey, TValue>.HasKey((void*)at, null, 0, keys[i])))
            {
                added = false;
                return ref SlotLayout<TKey, TValue>.Value((void*)at);
            }
            if (SlotLayout<TKey, TValue>.HasLines)
            {
                return ref AddToLine((ulong*)place.Home, hash, out added);
            }
        }

        return ref GetOrAdd(keys[i], hash, out added);
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

    /// <summary>Where slots hold the key 0 marks a free one; the hash 0 becomes 1, which is of the same key group.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Normal(ulong hash) => SlotLayout<TKey, TValue>.IsKeyless ? hash : Math.Max(hash, 1);

    // A hash outside the range still gives an index inside the directory: the shift leaves as many bits as that has.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private nuint IndexOf(ulong hash) => (nuint)((((uint)(hash >> 32) - _low) * _factor) >> _shift);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private ref DirectoryEntry<TKey, TValue> EntryOf(ulong hash) =>
        ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(_entries), IndexOf(hash));

    private Segment<TKey, TValue> SegmentOf(ulong hash) => _directory[IndexOf(hash)];

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private bool TryFind(ref DirectoryEntry<TKey, TValue> entry, in TKey key, ulong hash, out nuint at)
    {
        nuint mask = entry.Mask;
        ulong free = entry.Free;
        at = Start(ref entry, hash, mask);
        while (true)
        {
            ulong there = entry.HashAt(at);
            if (there == free)
            {
                return false;
            }
            if (there == hash && HasKey(ref entry, at, key))
            {
                return true;
            }
            at = (at + 1) & mask;
        }
    }

    // For reference types the comparer is one that was looked up before.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private bool HasKey(ref DirectoryEntry<TKey, TValue> entry, nuint at, in TKey key) =>
        typeof(TKey).IsValueType ? entry.HasKey(at, key) : _comparer.Equals(entry.Array![at].Key, key);

    /// <summary>
    /// Where the search begins. The first steps are taken without a branch: whether a key lies at home is a coin that no predictor learns. Where slots hold the key, a free home is stepped over
    /// too, which makes the search for a missing key longer, never wrong.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static unsafe nuint Start(ref DirectoryEntry<TKey, TValue> entry, ulong hash, nuint mask)
    {
        nuint home = SlotLayout<TKey, TValue>.Home(hash, mask);
        return SlotLayout<TKey, TValue>.HasLines
            ? home + InLine((ulong*)entry.Memory + (2 * home), hash)
            : (home + (entry.HashAt(home) != hash ? (nuint)1 : 0)) & mask;
    }

    // Without a branch: where a key lies is a coin that no predictor learns. (What a free slot holds no key may be looked up by.)
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static unsafe nint Likely(in Place place, ulong hash)
    {
        nint at = place.Home;
        if (SlotLayout<TKey, TValue>.HasLines)
        {
            return at + ((nint)InLine((ulong*)at, hash) * SlotLayout<TKey, TValue>.SlotBytes);
        }

        nint isElsewhere = *(ulong*)at != hash ? 1 : 0;
        return at + ((place.Next - at) & -isElsewhere);
    }

    /// <summary>Which of the four slots of a line has a hash; the first if none has.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static unsafe nuint InLine(ulong* line, ulong hash)
    {
        // As 0 or 1 each: any other number the compiler chooses by a branch.
        nuint isSecond = line[2] == hash ? (nuint)1 : 0;
        nuint isThird = line[4] == hash ? (nuint)1 : 0;
        nuint isFourth = line[6] == hash ? (nuint)1 : 0;
        return isSecond + (isThird << 1) + (isFourth * 3);
    }
}
