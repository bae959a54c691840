using System.Text.Json.Serialization;

namespace OrleansStream.Engine.Checkpointing;

/// <summary>What a job log says: the fold of its entries, one by one. Immutable; the names are part of the log's format.</summary>
/// <param name="Sequence">The number of the last entry; 0 for an empty log.</param>
/// <param name="Incarnation">The job's 128 random bits in hex; empty for an empty log.</param>
/// <param name="Attempt">The current attempt; 0 for none yet.</param>
/// <param name="Owner">Who runs it.</param>
/// <param name="RestorePoint">What the next attempt has to start from to lose nothing: what the current one started from, or what
/// completed since.</param>
/// <param name="Retained">The completed checkpoints that are not dropped, by id. Without savepoints: those are their user's.</param>
/// <param name="LastCommitting">The newest checkpoint on which sinks committed; 0 for none.</param>
/// <param name="ReservedThrough">The last checkpoint id that may have been used. See <see cref="NextCheckpointId"/>.</param>
/// <param name="End">How the job ended; null while it runs.</param>
/// <param name="Submission">The submission that the current attempt belongs to; null for none.</param>
/// <param name="Failure">Why it failed, for people; null while it runs, and if it did not.</param>
public sealed record JobLogState(
    long Sequence,
    string Incarnation,
    int Attempt,
    string Owner,
    StartPoint RestorePoint,
    IReadOnlyList<CompletedCheckpoint> Retained,
    long LastCommitting,
    long ReservedThrough,
    JobEndState? End,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Submission = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Failure = null)
{
    /// <summary>An attempt reserves this many checkpoint ids beyond the last one that it used.</summary>
    public const int IdsAhead = 16;

    /// <summary>The state of an empty log.</summary>
    public static JobLogState Empty { get; } = new(0, "", 0, "", StartPoint.Nothing, [], 0, 0, null);

    /// <summary>
    /// The first checkpoint id of the next attempt. Ids are reserved in the log before they are used: with the attempt's entry and, at no
    /// cost, with each completion. So the next attempt starts behind every id that an earlier one may have triggered, and no id is used
    /// twice; a restart skips at most <see cref="IdsAhead"/> ids.
    /// </summary>
    public long NextCheckpointId => ReservedThrough + 1;

    /// <summary>The retained checkpoint of an id; null if there is none.</summary>
    /// <param name="id">The checkpoint.</param>
    public CompletedCheckpoint? Find(long id) => Retained.FirstOrDefault(c => c.CheckpointId == id);

    /// <summary>The state after one more entry.</summary>
    /// <param name="entry">The entry.</param>
    /// <exception cref="InvariantViolatedException">The entry contradicts those before it.</exception>
    public JobLogState Apply(JobLogEntry entry)
    {
        ArgumentNullException.ThrowIfNull(entry);
        if (entry is AttemptStarted started)
        {
            return Apply(started) with { Sequence = Sequence + 1 };
        }

        ProtocolInvariant.Require(1, entry.Attempt == Attempt && Attempt > 0, $"after attempt {Attempt} came {entry}");
        ProtocolInvariant.Require(2, End is null, $"the job ended ({End}), then came {entry}");
        var next = entry switch
        {
            CheckpointCompleted completed => Apply(completed),
            CheckpointDropped dropped => Apply(dropped),
            CheckpointIdsReserved reserved => Reserve(reserved.ReservedThrough),
            JobFinished { DropsCheckpoints: true } finished => this with { End = finished.State, Failure = finished.Failure, Retained = [], RestorePoint = StartPoint.Nothing },
            JobFinished finished => this with { End = finished.State, Failure = finished.Failure },
            _ => throw new InvariantViolatedException($"The job log has an entry of the unknown type {entry.GetType().Name}."),
        };
        return next with { Sequence = Sequence + 1 };
    }

    private JobLogState Apply(AttemptStarted entry)
    {
        ProtocolInvariant.Require(1, entry.Attempt == Attempt + 1, $"after attempt {Attempt} came {entry}");
        if (entry.From.Kind == StartPointKind.Checkpoint)
        {
            ProtocolInvariant.Require(
                7, Find(entry.From.CheckpointId) is not null, $"attempt {entry.Attempt} starts from {entry.From}, which is not retained");
        }

        return Reserve(entry.ReservedThrough) with
        {
            Attempt = entry.Attempt,
            Owner = entry.Owner,
            RestorePoint = entry.From,
            Incarnation = Sequence == 0 ? entry.Claim : Incarnation,
            End = null,
            Failure = null,
            Submission = entry.Submission,
        };
    }

    private JobLogState Apply(CheckpointCompleted entry)
    {
        ProtocolInvariant.Require(
            3, entry.CheckpointId > 0 && entry.CheckpointId <= ReservedThrough, $"ids are reserved through {ReservedThrough}, then came {entry}");
        var next = Reserve(entry.ReservedThrough);
        if (!entry.Commits)
        {
            return next;
        }

        ProtocolInvariant.Require(5, entry.CheckpointId > LastCommitting, $"after checkpoint {LastCommitting} came {entry}");
        next = next with { LastCommitting = entry.CheckpointId };
        return entry.Kind == CheckpointKind.Savepoint
            ? next with { RestorePoint = StartPoint.Savepoint(entry.MetadataPath) }
            : next with
            {
                RestorePoint = StartPoint.Checkpoint(entry.CheckpointId),
                Retained =
                [
                    .. Retained, new CompletedCheckpoint(entry.CheckpointId, entry.Attempt, entry.Kind, entry.MetadataPath, entry.Digest),
                ],
            };
    }

    private JobLogState Apply(CheckpointDropped entry)
    {
        ProtocolInvariant.Require(7, Find(entry.CheckpointId) is not null, $"{entry}, which is not retained");
        ProtocolInvariant.Require(7, RestorePoint.CheckpointId != entry.CheckpointId, $"{entry}, from which the job would restart");
        return this with { Retained = [.. Retained.Where(c => c.CheckpointId != entry.CheckpointId)] };
    }

    // A completion and a reservation can be decided in one order and appended in the other, so what is reserved is the most of them.
    private JobLogState Reserve(long through) => this with { ReservedThrough = Math.Max(ReservedThrough, through) };
}
