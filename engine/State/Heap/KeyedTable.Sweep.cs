namespace OrleansStream.Engine.State;

/// <content>Looking through the table bit by bit, while it goes on to change.</content>
public sealed partial class KeyedTable<TKey, TValue>
{
    /// <summary>
    /// Visits the entries of one segment, without copying values, and moves the position behind it; after the last one it begins anew. Keys may be added and removed between two calls: each key
    /// that stays is visited once in a round.
    /// </summary>
    /// <param name="position">Where to go on; 0 at first.</param>
    /// <param name="visitor">Must not change the table.</param>
    internal void Sweep<TVisitor>(ref ulong position, ref TVisitor visitor) where TVisitor : struct, IEntryVisitor<TKey, TValue>
    {
        // The position is a scaled hash, as segments are found by, so that it stays right when the directory grows.
        nuint index = (nuint)(position >> _shift);
        Segment<TKey, TValue> segment = _directory[index];
        ulong span = (ulong)Span(segment);
        ulong first = (ulong)index / span * span;
        position = unchecked((first + span) << _shift);
        if (segment.Count == 0)
        {
            return;
        }

        for (nuint at = 0; at <= segment.Mask; at++)
        {
            ulong hash = segment.HashAt(at);
            if (hash != segment.Free)
            {
                visitor.Visit(segment.KeyAt(at), hash, in segment.ValueAt(at));
            }
        }
    }
}
