using System.Runtime.CompilerServices;

namespace OrleansStream.Engine.State;

/// <summary>Says when entries of a table are due, and takes those that are.</summary>
internal interface IDueVisitor<TKey, TValue>
{
    /// <summary>Called before each segment, with the most entries that it may have.</summary>
    void Begin(int entries);

    /// <summary>When an entry is due; <see cref="long.MaxValue"/> for never. Also asked for the value of a free slot, which is whatever it is: best without a branch.</summary>
    long DueOf(in TValue value);

    /// <summary>Takes note of an entry that is due. The table must not change.</summary>
    void Take(in TKey key, ulong hash, long due);
}

/// <content>
/// When entries are to be looked at: a time for each segment, not later than that of any entry in it. Where many entries are due at once, as with each watermark, walking through memory in order is far cheaper than
/// an index that leads to one entry after the other, and an entry whose time moves on costs nothing.
/// </content>
public sealed partial class KeyedTable<TKey, TValue>
{
    /// <summary>Notes that an entry, which is there, is to be looked at at a time, or earlier.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void AddDue(ulong hash, long due)
    {
        Segment<TKey, TValue> segment = SegmentOf(hash);
        if (due < segment.Due)
        {
            segment.Due = due;
        }
    }

    /// <summary>Notes that all entries are to be looked at at the next opportunity.</summary>
    internal void AddDueAll()
    {
        for (int index = 0; index < _directory.Length; index += Span(_directory[index]))
        {
            if (_directory[index].Count > 0)
            {
                _directory[index].Due = long.MinValue;
            }
        }
    }

    /// <summary>Finds all entries that are due; they are not due a second time.</summary>
    /// <param name="time">What is at or before it is due.</param>
    /// <param name="visitor">Takes the entries.</param>
    internal void TakeDue<TVisitor>(long time, ref TVisitor visitor) where TVisitor : struct, IDueVisitor<TKey, TValue>
    {
        // What is never due has the largest time.
        time = Math.Min(time, long.MaxValue - 1);
        for (int index = 0; index < _directory.Length;)
        {
            Segment<TKey, TValue> segment = _directory[index];
            index += Span(segment);
            if (segment.Due <= time)
            {
                visitor.Begin(segment.Count);
                segment.Due = TakeFrom(segment, time, ref visitor);
            }
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static long TakeFrom<TVisitor>(Segment<TKey, TValue> segment, long time, ref TVisitor visitor) where TVisitor : struct, IDueVisitor<TKey, TValue>
    {
        TVisitor local = visitor;
        long least = long.MaxValue;
        ulong free = segment.Free;
        for (nuint at = 0; at <= segment.Mask; at++)
        {
            // Whether a slot is free is a coin that no predictor learns.
            ulong hash = segment.HashAt(at);
            long ifFree = -(hash == free ? 1L : 0L);
            long due = (local.DueOf(in segment.ValueAt(at)) & ~ifFree) | (long.MaxValue & ifFree);
            if (due > time)
            {
                least = Math.Min(least, due);
                continue;
            }

            local.Take(segment.KeyAt(at), hash, due);
        }

        visitor = local;
        return least;
    }
}
