namespace OrleansStream.Commits;

/// <summary>An epoch of a deferred-write sink whose records are in a checkpoint, as one transactional id has to write them.</summary>
/// <param name="Incarnation">The incarnation of the job that ended the epoch.</param>
/// <param name="CheckpointId">The checkpoint that ended it.</param>
/// <param name="Parts">How many transactions it takes; 0 if it has no records, then nothing is written and no mark left.</param>
/// <param name="Previous">The mark that the id has when nothing of this epoch is written and all before it is.</param>
public sealed record PendingEpoch(string Incarnation, long CheckpointId, int Parts, EpochMark Previous)
{
    /// <summary>The mark that the id has when all of the epoch is written; the <see cref="Previous"/> of the next one.</summary>
    public EpochMark End => Parts == 0 ? Previous : MarkOf(Parts);

    /// <summary>The mark that goes into a transaction of the epoch.</summary>
    /// <param name="part">Which one, from 1.</param>
    public EpochMark MarkOf(int part)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(part, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(part, Parts);
        return new EpochMark(Incarnation, CheckpointId, part, Parts);
    }
}
