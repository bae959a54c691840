namespace OrleansStream.Commits;

/// <summary>
/// The decision of a deferred-write sink at the start of an attempt: what a transactional id has written. It is made after the id was fenced, so that no older process can change the mark any more.
/// A pure function of what is known; the sink carries it out.
/// </summary>
/// <param name="Kind">What to do.</param>
/// <param name="Epoch">With <see cref="DeferredStartKind.Resume"/>: the index of the first epoch that is not wholly written; the number of epochs if all are.</param>
/// <param name="PartsWritten">How many transactions of that epoch are written.</param>
/// <param name="Tail">The mark that the id will have when all this is done: the <see cref="PendingEpoch.Previous"/> of the next epoch.</param>
public readonly record struct DeferredStart(DeferredStartKind Kind, int Epoch, int PartsWritten, EpochMark Tail)
{
    /// <summary>Decides.</summary>
    /// <param name="mark">The mark of the id; null if it has none.</param>
    /// <param name="pending">The epochs of the id that the checkpoint holds, in the order of their checkpoints.</param>
    /// <param name="policy">What a person has chosen for epochs of which nothing is known.</param>
    /// <param name="beginning">The mark with which this attempt would begin a chain.</param>
    public static DeferredStart Decide(EpochMark? mark, IReadOnlyList<PendingEpoch> pending, UnknownEpochPolicy policy, EpochMark beginning)
    {
        ArgumentNullException.ThrowIfNull(pending);
        RequireChain(pending);
        int first = NextWithRecords(pending, 0);
        if (first == pending.Count)
        {
            // Nothing is to be written, so nothing can be unknown; whatever mark there is, the chain goes on from it.
            return mark is { } last
                ? new DeferredStart(DeferredStartKind.Resume, pending.Count, 0, last)
                : new DeferredStart(DeferredStartKind.Begin, pending.Count, 0, beginning);
        }

        if (mark is { } written)
        {
            EpochMark tail = pending[^1].End;
            if (written == pending[first].Previous)
            {
                return new DeferredStart(DeferredStartKind.Resume, first, 0, tail);
            }

            for (int i = first; i < pending.Count; i = NextWithRecords(pending, i + 1))
            {
                if (written.Part >= 1 && written.Part <= pending[i].Parts && written == pending[i].MarkOf(written.Part))
                {
                    return written.Part < pending[i].Parts
                        ? new DeferredStart(DeferredStartKind.Resume, i, written.Part, tail)
                        : new DeferredStart(DeferredStartKind.Resume, NextWithRecords(pending, i + 1), 0, tail);
                }
            }
        }

        return policy switch
        {
            UnknownEpochPolicy.Rewrite => new DeferredStart(DeferredStartKind.Resume, first, 0, pending[^1].End),
            UnknownEpochPolicy.Skip => new DeferredStart(DeferredStartKind.Begin, pending.Count, 0, beginning),
            _ => new DeferredStart(DeferredStartKind.Unknown, first, 0, pending[^1].End),
        };
    }

    private static int NextWithRecords(IReadOnlyList<PendingEpoch> pending, int from)
    {
        while (from < pending.Count && pending[from].Parts == 0)
        {
            from++;
        }

        return from;
    }

    private static void RequireChain(IReadOnlyList<PendingEpoch> pending)
    {
        for (int i = 1; i < pending.Count; i++)
        {
            if (pending[i].Previous != pending[i - 1].End)
            {
                throw new InvariantViolatedException(
                    $"The epoch of checkpoint {pending[i].CheckpointId} follows on {pending[i].Previous}, but the one before it ends with {pending[i - 1].End}: epochs of one transactional id are missing or out of order.");
            }
        }
    }
}
