using System.Numerics;
using System.Runtime.CompilerServices;

namespace OrleansStream.Engine.State;

/// <summary>Says when entries of a table are due, and takes those that are.</summary>
internal interface IDueVisitor<TKey, TValue>
{
    /// <summary>Called before each segment, with the most entries that it may have.</summary>
    void Begin(int entries);

    /// <summary>When an entry is due; <see cref="long.MaxValue"/> for never. Also asked for the value of a free slot, which is whatever it is: best without a branch.</summary>
    long DueOf(in TValue value);

    /// <summary>Takes what is due of an entry, of which there is something. The value may be changed, the table not.</summary>
    /// <returns>When the rest is due.</returns>
    long Take(in TKey key, ulong hash, ref TValue value, long time);
}

/// <content>
/// When entries are due: a time for the table, for each segment, and for each few slots of it, not later than that of any entry there. Where many entries are due at once, as with each watermark, walking through
/// memory in order is far cheaper than an index that leads to one entry after the other, and an entry whose time moves on costs nothing.
/// </content>
public sealed partial class KeyedTable<TKey, TValue>
{
    private long _due = long.MaxValue;

    /// <summary>Notes that an entry is due at a time, or earlier.</summary>
    /// <param name="hash">The hash of its key.</param>
    /// <param name="value">Its place.</param>
    /// <param name="due">The time.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void AddDue(ulong hash, ref TValue value, long due)
    {
        Segment<TKey, TValue> segment = SegmentOf(hash);
        ref long group = ref (segment.Dues ?? segment.SplitDues())[segment.IndexOf(ref value) >> Segment<TKey, TValue>.DueGroup];
        group = Math.Min(group, due);
        segment.Due = Math.Min(segment.Due, due);
        _due = Math.Min(_due, due);
    }

    /// <summary>Notes that any entry may be due.</summary>
    internal void AddDueAll()
    {
        _due = long.MinValue;
        for (int index = 0; index < _directory.Length; index += Span(_directory[index]))
        {
            if (_directory[index].Count > 0)
            {
                _directory[index].Due = long.MinValue;
                _directory[index].Dues = null;
            }
        }
    }

    /// <summary>Finds all entries that are due; they are not due a second time, but as the visitor says.</summary>
    /// <param name="time">What is at or before it is due.</param>
    /// <param name="visitor">Takes the entries.</param>
    internal void TakeDue<TVisitor>(long time, ref TVisitor visitor) where TVisitor : struct, IDueVisitor<TKey, TValue>
    {
        // What is never due has the largest time.
        time = Math.Min(time, long.MaxValue - 1);
        if (_due > time)
        {
            return;
        }

        long least = long.MaxValue;
        for (int index = 0; index < _directory.Length;)
        {
            Segment<TKey, TValue> segment = _directory[index];
            if (segment.Due <= time)
            {
                if (segment.Version <= _newestOpen)
                {
                    segment = UnshareAt(index);
                }

                visitor.Begin(segment.Count);
                segment.Due = TakeFrom(segment, time, ref visitor);
            }

            index += Span(segment);
            least = Math.Min(least, segment.Due);
        }

        _due = least;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private long TakeFrom<TVisitor>(Segment<TKey, TValue> segment, long time, ref TVisitor visitor) where TVisitor : struct, IDueVisitor<TKey, TValue>
    {
        TVisitor local = visitor;
        long[] dues = segment.SplitDues();
        long least = long.MaxValue;
        for (int group = 0; group < dues.Length; group++)
        {
            if (dues[group] <= time)
            {
                dues[group] = TakeFrom(segment, group, time, ref local);
            }

            least = Math.Min(least, dues[group]);
        }

        visitor = local;
        return least;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private long TakeFrom<TVisitor>(Segment<TKey, TValue> segment, int group, long time, ref TVisitor visitor) where TVisitor : struct, IDueVisitor<TKey, TValue>
    {
        nuint first = (nuint)group << Segment<TKey, TValue>.DueGroup;
        ulong due = FindDue(segment, first, time, in visitor, out long least);
        for (; due != 0; due &= due - 1)
        {
            nuint at = first + (nuint)BitOperations.TrailingZeroCount(due);
            if (MayCopy && _copy is not null)
            {
                OwnValue(segment, at);
            }

            least = Math.Min(least, visitor.Take(segment.KeyAt(at), segment.HashAt(at), ref segment.ValueAt(at), time));
        }

        return least;
    }

    // Which slots of a group are due, as bits, and when the others are. Without a branch: whether a slot is free, and whether it is due, is a coin that no predictor learns.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong FindDue<TVisitor>(Segment<TKey, TValue> segment, nuint first, long time, in TVisitor visitor, out long least) where TVisitor : struct, IDueVisitor<TKey, TValue>
    {
        ulong free = segment.Free;
        nuint slots = Math.Min(1 << Segment<TKey, TValue>.DueGroup, segment.Mask + 1);
        ulong found = 0;
        least = long.MaxValue;
        for (nuint i = 0; i < slots; i++)
        {
            long due = LaterIf(segment.HashAt(first + i) == free, visitor.DueOf(in segment.ValueAt(first + i)));
            bool isDue = due <= time;
            found |= (isDue ? 1UL : 0) << (int)i;
            due = LaterIf(isDue, due);
            least ^= (least ^ due) & -(due < least ? 1L : 0);
        }

        return found;
    }

    // Never, if so.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static long LaterIf(bool isNever, long due)
    {
        long never = -(isNever ? 1L : 0);
        return due ^ ((due ^ long.MaxValue) & never);
    }
}
