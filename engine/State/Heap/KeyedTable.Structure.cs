using System.Numerics;
using System.Runtime.CompilerServices;

namespace OrleansStream.Engine.State;

/// <content>Adding, removing, growth, splits: all that changes where entries lie.</content>
public sealed partial class KeyedTable<TKey, TValue>
{
    private const int SmallestCapacity = 8;
    private const int LargestCapacity = 1024;
    private const int LargestBytes = NativeSlabs.LargestBlockBytes;

    /// <summary>The directory has at most this many entries for each segment, whatever the hashes are.</summary>
    private const int DirectoryEntriesPerSegment = 16;

    /// <summary>Only keys with one and the same upper half of the hash come here: no key type's hash does that by accident.</summary>
    private const int HopelessCapacity = 1 << 26;

    private static readonly Segment<TKey, TValue>[] s_emptyDirectory = [Segment<TKey, TValue>.LowestNone, Segment<TKey, TValue>.None];

    private static readonly DirectoryEntry<TKey, TValue>[] s_emptyEntries =
        [EntryFor(Segment<TKey, TValue>.LowestNone, isLowest: true), EntryFor(Segment<TKey, TValue>.None, isLowest: false)];

    private static readonly int s_capacityLimit = (int)Math.Clamp(
        BitOperations.RoundUpToPowerOf2((uint)(LargestBytes / SlotLayout<TKey, TValue>.SlotBytes) + 1) / 2,
        SmallestCapacity,
        LargestCapacity);

    // Beside the entries of the lookup: the segments themselves, for all else and for the snapshots.
    private Segment<TKey, TValue>[] _directory = s_emptyDirectory;
    private int _segments = SegmentsAtFirst;
    private int _cursors;

    // Where the hash alone stands for the key, the lowest and the highest key must not share a segment: see Segment.FreeHash.
    private static int SegmentsAtFirst => 1 << Segment<TKey, TValue>.None.Depth;

    private int DirectoryDepth => 64 - _shift;

    /// <summary>
    /// Removes all keys and gives the memory back, as far as no snapshot needs it. Cursors end.
    /// </summary>
    public void Clear()
    {
        for (int index = 0; index < _directory.Length;)
        {
            Segment<TKey, TValue> segment = _directory[index];
            index += Span(segment);
            Retire(segment);
        }
        _shape++;
        _directory = s_emptyDirectory;
        _entries = s_emptyEntries;
        _shift = 63;
        _segments = SegmentsAtFirst;
        _cursors = 0;
        _removes = _adds;
        _lastRemovedHash = 0;
    }

    /// <summary>
    /// Makes room in an empty table for about so many keys, so that it need not grow step by step. More or fewer keys may come all the same.
    /// </summary>
    /// <param name="expected">The number of keys.</param>
    public void Reserve(long expected)
    {
        if (!ReferenceEquals(_directory, s_emptyDirectory) || expected <= SmallestCapacity)
        {
            return;
        }

        // Keys spread over segments by chance: one that is planned to be full would overflow half of the time.
        int wanted = s_capacityLimit * 3 / 8;
        int depth = 1;
        while (expected >> depth > wanted)
        {
            depth++;
        }

        int capacity = CapacityFor((int)(expected >> depth));
        _segments = 1 << depth;
        _shift = 64 - depth;
        _directory = new Segment<TKey, TValue>[_segments];
        _entries = new DirectoryEntry<TKey, TValue>[_segments];
        for (int i = 0; i < _segments; i++)
        {
            Enter(NewSegment(capacity, depth, Segment<TKey, TValue>.FreeHash(i == 0), long.MaxValue, clear: true), i, 1);
        }
    }

    /// <summary>The number of directory entries that a segment has.</summary>
    private int Span(Segment<TKey, TValue> segment) => 1 << (DirectoryDepth - segment.Depth);

    /// <summary>Adds a key that is missing; the search for it ended at a free slot.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private ref TValue Add(scoped in TKey key, ulong hash, nuint free)
    {
        if (!_scale.Owns(hash))
        {
            throw new InvariantViolatedException(
                $"A key with hash {hash:X16} was added to a table of the key groups {_scale.FirstGroup} to {_scale.LastGroup}; "
                + $"it is of group {_scale.GroupOf(hash)}.");
        }
        if (SlotLayout<TKey, TValue>.IsKeyless && !EqualityComparer<TKey>.Default.Equals(IntegerKey<TKey>.FromHash(hash), key))
        {
            throw new InvariantViolatedException($"The key {key} was added with the hash {hash:X16}, which is not that of KeyHasher.");
        }
        _adds++;
        Segment<TKey, TValue> segment = SegmentOf(hash);

        // Where a line is the home of its keys, the search passes no free slot.
        if (SlotLayout<TKey, TValue>.HasLines && segment.Count < segment.FullCount)
        {
            segment.Put(free, hash, key, default!);
            return ref segment.ValueAt(free);
        }
        while (segment.Count >= segment.FullCount)
        {
            MakeRoom(segment, hash);
            segment = SegmentOf(hash);
        }
        return ref segment.ValueAt(segment.Append(hash, key, default!));
    }

    /// <summary>Adds a key that does not lie in its line, of a segment that no snapshot sees; if the line is full it may lie behind it.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private unsafe ref TValue AddToLine(ulong* line, ulong hash, out bool added)
    {
        Segment<TKey, TValue> segment = SegmentOf(hash);
        ulong free = segment.Free;

        // The entries of a line lie at its beginning, without a gap.
        nuint used = (line[0] != free ? (nuint)1 : 0) + (line[2] != free ? (nuint)1 : 0) + (line[4] != free ? (nuint)1 : 0) + (line[6] != free ? (nuint)1 : 0);
        if (used == 4 || segment.Count >= segment.FullCount || !_scale.Owns(hash))
        {
            return ref GetOrAdd(IntegerKey<TKey>.FromHash(hash), hash, out added);
        }
        segment.Count++;
        _adds++;
        line[2 * used] = hash;
        ref TValue value = ref SlotLayout<TKey, TValue>.Value(line + (2 * used));
        value = default!;
        added = true;
        return ref value;
    }

    private void RemoveAt(ulong hash, nuint at)
    {
        if (EntryOf(hash).IsShared)
        {
            Unshare(hash);
        }
        Segment<TKey, TValue> segment = SegmentOf(hash);
        segment.RemoveAt(at);
        _removes++;
        _lastRemovedHash = hash;
        // Not under a cursor, whose places would no longer be right.
        if (_cursors == 0 && segment.Count * 8 < segment.Capacity && segment.Capacity > SmallestCapacity)
        {
            Resize(segment, hash, CapacityFor(segment.Count));
        }
    }

    private void MakeRoom(Segment<TKey, TValue> segment, ulong hash)
    {
        if (segment.Capacity < s_capacityLimit)
        {
            Resize(segment, hash, Math.Max(SmallestCapacity, segment.Capacity * 2));
        }
        else if (segment.Depth < DirectoryDepth || TryDoubleDirectory())
        {
            Split(segment, hash);
        }
        else if (segment.Capacity < HopelessCapacity)
        {
            Resize(segment, hash, segment.Capacity * 2);
        }
        else
        {
            throw new InvariantViolatedException(
                $"{segment.Count} keys of a table have nearly the same hash as {hash:X16}; the hash function of {typeof(TKey)} is broken.");
        }
    }

    private void Resize(Segment<TKey, TValue> old, ulong hash, int capacity)
    {
        Segment<TKey, TValue> fresh = NewSegment(capacity, old.Depth, old.Free, old.Due, clear: true);
        if (old.SharedValues is not null)
        {
            fresh.SharedValues = _flags!.Rent(capacity);
        }
        Move(old, fresh, fresh, default);
        Replace(old, (int)IndexOf(hash), fresh);
    }

    /// <summary>Divides a segment by the next bit of the position.</summary>
    private void Split(Segment<TKey, TValue> old, ulong hash)
    {
        int depth = old.Depth + 1;
        int bit = 64 - depth;
        nuint free = old.FirstFree();
        int upperCount = 0;
        for (nuint step = 1; step <= old.Mask; step++)
        {
            ulong entry = old.HashAt((free + step) & old.Mask);
            upperCount += entry == old.Free ? 0 : (int)(PositionOf(entry) >> bit) & 1;
        }
        Segment<TKey, TValue> lower = NewSegment(CapacityFor(old.Count - upperCount), depth, old.Free, old.Due, clear: true);
        Segment<TKey, TValue> upper = NewSegment(CapacityFor(upperCount), depth, Segment<TKey, TValue>.FreeHash(isLowest: false), old.Due, clear: true);
        if (old.SharedValues is not null)
        {
            lower.SharedValues = _flags!.Rent(lower.Capacity);
            upper.SharedValues = _flags.Rent(upper.Capacity);
        }
        Move(old, lower, upper, bit);
        int span = Span(old);
        int start = (int)IndexOf(hash) & -span;
        Enter(lower, start, span / 2);
        Enter(upper, start + (span / 2), span / 2);
        _segments++;
        Retire(old);
    }

    private ulong PositionOf(ulong hash) => ((uint)(hash >> 32) - _low) * _factor;

    /// <summary>Appends all entries to one of two segments, which are new, in the order in which they were probed.</summary>
    private void Move(Segment<TKey, TValue> old, Segment<TKey, TValue> lower, Segment<TKey, TValue> upper, int bit)
    {
        nuint mask = old.Mask;
        nuint free = old.FirstFree();
        for (nuint step = 1; step <= mask; step++)
        {
            nuint from = (free + step) & mask;
            ulong hash = old.HashAt(from);
            if (hash == old.Free)
            {
                continue;
            }
            Segment<TKey, TValue> target = ((PositionOf(hash) >> bit) & 1) == 0 ? lower : upper;
            nuint to = target.Append(hash, old.KeyAt(from), old.ValueAt(from));
            if (old.SharedValues is { } shared)
            {
                target.SharedValues![to] = shared[from];
            }
        }
    }

    private bool TryDoubleDirectory()
    {
        // With hashes that agree in their top bits a segment cannot be divided by a directory of reasonable size; it grows instead.
        long entries = 2L * _directory.Length;
        if (entries > (long)DirectoryEntriesPerSegment * (_segments + 1))
        {
            return false;
        }
        Segment<TKey, TValue>[] doubled = new Segment<TKey, TValue>[entries];
        DirectoryEntry<TKey, TValue>[] doubledEntries = new DirectoryEntry<TKey, TValue>[entries];
        for (int i = 0; i < _directory.Length; i++)
        {
            doubled[2 * i] = doubled[(2 * i) + 1] = _directory[i];
            doubledEntries[2 * i] = doubledEntries[(2 * i) + 1] = _entries[i];
        }
        _directory = doubled;
        _entries = doubledEntries;
        _shift--;
        return true;
    }

    private void Replace(Segment<TKey, TValue> old, int index, Segment<TKey, TValue> fresh)
    {
        if (ReferenceEquals(_directory, s_emptyDirectory))
        {
            _directory = [.. s_emptyDirectory];
            _entries = [.. s_emptyEntries];
        }
        int span = Span(old);
        Enter(fresh, index & -span, span);
        Retire(old);
    }

    private void Enter(Segment<TKey, TValue> segment, int start, int span)
    {
        _shape++;
        _directory.AsSpan(start, span).Fill(segment);
        _entries.AsSpan(start, span).Fill(EntryFor(segment, isLowest: start == 0));
    }

    private static unsafe DirectoryEntry<TKey, TValue> EntryFor(Segment<TKey, TValue> segment, bool isLowest) =>
        new() { Array = segment.Array, Memory = segment.Memory, Mask = segment.Mask, IsLowest = isLowest };

    // Room for as many again and a half, but not beyond the largest segment as long as the entries fit into that.
    private static int CapacityFor(int count)
    {
        int roomy = Math.Max(SmallestCapacity, (int)BitOperations.RoundUpToPowerOf2((uint)(((long)count * 5 / 2) + 1)));
        return count < s_capacityLimit / 4 * 3 ? Math.Min(roomy, s_capacityLimit) : roomy;
    }

    private unsafe Segment<TKey, TValue> NewSegment(int capacity, int depth, ulong free, long due, bool clear)
    {
        Segment<TKey, TValue> segment = new()
        {
            Version = _version,
            Mask = (uint)capacity - 1,
            FullCount = capacity / 4 * 3,
            Depth = depth,
            Free = free,
            Due = due,
        };
        if (SlotLayout<TKey, TValue>.IsNative)
        {
            long bytes = BytesOf(capacity);
            segment.Memory = _pool.RentNative(bytes);
            if (clear)
            {
                Unsafe.InitBlock(segment.Memory, (byte)free, checked((uint)bytes));
            }
        }
        else
        {
            segment.Array = _arrays!.Rent(capacity);
        }
        return segment;
    }

    private unsafe void Free(Segment<TKey, TValue> segment)
    {
        if (SlotLayout<TKey, TValue>.IsNative)
        {
            _pool.ReturnNative(segment.Memory, BytesOf(segment.Capacity));
            segment.Memory = null;
        }
        else
        {
            _arrays!.Return(segment.Array!);
            segment.Array = null;
        }
        if (segment.SharedValues is { } shared)
        {
            _flags!.Return(shared);
            segment.SharedValues = null;
        }
    }

    private static long BytesOf(int capacity) => (long)capacity * SlotLayout<TKey, TValue>.SlotBytes;
}
