namespace OrleansStream.Engine.State;

/// <summary>
/// Reads a snapshot key group by key group, best in ascending order. One thread uses it at a time; it allocates a buffer of at most a
/// few integers for each entry of one segment.
/// </summary>
/// <typeparam name="TKey">The key.</typeparam>
/// <typeparam name="TValue">The value.</typeparam>
public sealed class SnapshotReader<TKey, TValue>
{
    private readonly TableSnapshot<TKey, TValue> _snapshot;

    // The slots of one segment that holds several groups, ordered by group.
    private Segment<TKey, TValue>? _ordered;
    private int[] _groups = [];
    private int[] _slots = [];
    private int[] _starts = [];

    internal SnapshotReader(TableSnapshot<TKey, TValue> snapshot) => _snapshot = snapshot;

    /// <summary>Counts the entries of a key group.</summary>
    /// <param name="group">A key group of the table.</param>
    /// <returns>How many entries <see cref="ReadGroup{TVisitor}"/> gives for it.</returns>
    public long CountIn(int group)
    {
        long count = 0;
        for (GroupWalk walk = new(_snapshot, group); walk.MoveNext();)
        {
            count += walk.IsWholeSegment ? walk.Segment.Count : OrderedSlots(walk.Segment, group).Length;
        }
        GC.KeepAlive(_snapshot);
        return count;
    }

    /// <summary>Shows all entries of a key group to a visitor, in an order that depends on the table's history only.</summary>
    /// <typeparam name="TVisitor">The visitor's type.</typeparam>
    /// <param name="group">A key group of the table.</param>
    /// <param name="visitor">Takes the entries.</param>
    public void ReadGroup<TVisitor>(int group, ref TVisitor visitor)
        where TVisitor : IEntryVisitor<TKey, TValue>, allows ref struct
    {
        for (GroupWalk walk = new(_snapshot, group); walk.MoveNext();)
        {
            Segment<TKey, TValue> segment = walk.Segment;
            if (walk.IsWholeSegment)
            {
                for (nuint at = 0; at <= segment.Mask; at++)
                {
                    ulong hash = segment.HashAt(at);
                    if (hash != segment.Free)
                    {
                        visitor.Visit(segment.KeyAt(at), hash, segment.ValueAt(at));
                    }
                }
                continue;
            }
            foreach (int at in OrderedSlots(segment, group))
            {
                visitor.Visit(segment.KeyAt((nuint)at), segment.HashAt((nuint)at), segment.ValueAt((nuint)at));
            }
        }

        // Native memory lives as long as the pool, which this keeps from its finalizer.
        GC.KeepAlive(_snapshot);
    }

    private ReadOnlySpan<int> OrderedSlots(Segment<TKey, TValue> segment, int group)
    {
        if (!ReferenceEquals(_ordered, segment))
        {
            Order(segment);
        }
        ReadOnlySpan<int> groups = _groups.AsSpan(0, segment.Count);
        int start = LowerBound(groups, group);
        return _slots.AsSpan(start, LowerBound(groups, group + 1) - start);
    }

    private static int LowerBound(ReadOnlySpan<int> sorted, int value)
    {
        int low = 0;
        int high = sorted.Length;
        while (low < high)
        {
            int middle = (low + high) >>> 1;
            if (sorted[middle] < value)
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }
        return low;
    }

    private void Order(Segment<TKey, TValue> segment)
    {
        _ordered = null;
        HashScale scale = _snapshot.Scale;
        int count = segment.Count;
        if (_groups.Length < count)
        {
            _groups = new int[segment.FullCount];
            _slots = new int[segment.FullCount];
        }
        int lowest = int.MaxValue;
        int highest = 0;
        int found = 0;
        for (nuint at = 0; at <= segment.Mask; at++)
        {
            ulong hash = segment.HashAt(at);
            if (hash == segment.Free)
            {
                continue;
            }
            int group = scale.GroupOf(hash);
            lowest = Math.Min(lowest, group);
            highest = Math.Max(highest, group);
            _groups[found] = group;
            _slots[found] = (int)at;
            found++;
        }
        if (found != count)
        {
            throw new InvariantViolatedException($"A segment of a snapshot has {found} entries, {count} at the time of the barrier.");
        }
        if (highest - lowest <= 4 * count)
        {
            OrderByCounting(segment, lowest, highest - lowest + 1);
        }
        else
        {
            _groups.AsSpan(0, count).Sort(_slots.AsSpan(0, count));
        }
        _ordered = segment;
    }

    private void OrderByCounting(Segment<TKey, TValue> segment, int lowest, int distinct)
    {
        if (_starts.Length < distinct + 1)
        {
            _starts = new int[distinct + 1];
        }
        Span<int> starts = _starts.AsSpan(0, distinct + 1);
        starts.Clear();
        for (int i = 0; i < segment.Count; i++)
        {
            starts[_groups[i] - lowest + 1]++;
        }
        for (int i = 1; i <= distinct; i++)
        {
            starts[i] += starts[i - 1];
        }
        HashScale scale = _snapshot.Scale;
        for (nuint at = 0; at <= segment.Mask; at++)
        {
            ulong hash = segment.HashAt(at);
            if (hash != segment.Free)
            {
                int group = scale.GroupOf(hash);
                int to = starts[group - lowest]++;
                _groups[to] = group;
                _slots[to] = (int)at;
            }
        }
    }

    /// <summary>The segments of a snapshot that can hold keys of a group.</summary>
    private ref struct GroupWalk
    {
        private readonly Segment<TKey, TValue>[] _directory;
        private readonly int _shift;
        private readonly ulong _first;
        private readonly ulong _last;
        private int _index;

        public GroupWalk(TableSnapshot<TKey, TValue> snapshot, int group)
        {
            if (group < snapshot.FirstGroup || group > snapshot.LastGroup)
            {
                throw new InvariantViolatedException(
                    $"Key group {group} was asked of a snapshot of the groups {snapshot.FirstGroup} to {snapshot.LastGroup}.");
            }
            _directory = snapshot.Directory;
            _shift = snapshot.Shift;
            _first = snapshot.Scale.FirstPosition(group);
            _last = snapshot.Scale.LastPosition(group);
            _index = (int)(_first >> _shift);
            Segment = null!;
        }

        public Segment<TKey, TValue> Segment { get; private set; }

        /// <summary>Whether every key that can be in the segment is of the group.</summary>
        public bool IsWholeSegment { get; private set; }

        public bool MoveNext()
        {
            int end = (int)(_last >> _shift);
            while (_index <= end)
            {
                Segment = _directory[_index];
                int span = 1 << (64 - _shift - Segment.Depth);
                int start = _index & -span;
                _index = start + span;
                ulong lowest = (ulong)start << _shift;
                ulong highest = lowest + (((ulong)span << _shift) - 1);
                IsWholeSegment = lowest >= _first && highest <= _last;
                if (Segment.Count != 0)
                {
                    return true;
                }
            }
            return false;
        }
    }
}
