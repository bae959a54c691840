namespace OrleansStream.Commits;

/// <summary>
/// What a deferred-write sink writes in the same transaction as the records of an epoch, under its transactional id: how far that id has written. Only the newest is kept, and marks are compared for
/// equality only, never for order: a job that was restored from an older savepoint has newer marks behind it, which say nothing about its own epochs.
/// </summary>
/// <param name="Incarnation">The incarnation of the job that ended the epoch.</param>
/// <param name="CheckpointId">The checkpoint that ended the epoch; in a mark that begins a chain the attempt that wrote it.</param>
/// <param name="Part">How many of the epoch's transactions are written, from 1; 0 in a mark that begins a chain.</param>
/// <param name="Parts">How many transactions the epoch has; 0 in a mark that begins a chain.</param>
public readonly record struct EpochMark(string Incarnation, long CheckpointId, int Part, int Parts)
{
    /// <summary>The mark that an id gets before it has written any epoch, or after a person has decided to skip some; no two are equal.</summary>
    /// <param name="incarnation">The incarnation of the job.</param>
    /// <param name="attempt">The attempt that writes it.</param>
    public static EpochMark Beginning(string incarnation, int attempt) => new(incarnation, attempt, 0, 0);

    /// <summary>The mark in a form for messages: <c>checkpoint 7, part 1 of 2, of incarnation 0123…</c>.</summary>
    public override string ToString() =>
        Parts == 0 ? $"the beginning of attempt {CheckpointId} of incarnation {Incarnation}" : $"checkpoint {CheckpointId}, part {Part} of {Parts}, of incarnation {Incarnation}";
}
