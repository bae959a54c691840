using System.Text.Json.Serialization;

namespace OrleansStream.Engine.Checkpointing;

/// <summary>A fact in the job log. The hierarchy is closed; names of types and members are part of the log's format.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "entry")]
[JsonDerivedType(typeof(AttemptStarted), "attempt-started")]
[JsonDerivedType(typeof(CheckpointCompleted), "checkpoint-completed")]
[JsonDerivedType(typeof(CheckpointDropped), "checkpoint-dropped")]
[JsonDerivedType(typeof(CheckpointIdsReserved), "checkpoint-ids-reserved")]
[JsonDerivedType(typeof(JobFinished), "job-finished")]
public abstract record JobLogEntry
{
    private protected JobLogEntry(int attempt) => Attempt = attempt;

    /// <summary>The attempt that appended it.</summary>
    public int Attempt { get; init; }
}

/// <summary>An attempt took over the job. From here on entries of older attempts are refused.</summary>
/// <param name="Attempt">The attempt: one more than the one before, from 1.</param>
/// <param name="From">What it starts from.</param>
/// <param name="Owner">Who it is, for people: host, process, node.</param>
/// <param name="Claim">128 random bits in hex, by which a process knows its own entry again when the answer to its append was lost.
/// That of the log's first entry is the job's incarnation.</param>
/// <param name="ReservedThrough">The last checkpoint id that the attempt may use without reserving more.</param>
/// <param name="Submission">The submission that the job was started by; null where a host has none. See <see cref="Jobs.JobSetup.Submission"/>.</param>
public sealed record AttemptStarted(
    int Attempt, StartPoint From, string Owner, string Claim, long ReservedThrough,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Submission = null) : JobLogEntry(Attempt);

/// <summary>A checkpoint completed: from here on it counts, and commits may be sent.</summary>
/// <param name="Attempt">The attempt that took it.</param>
/// <param name="CheckpointId">The checkpoint.</param>
/// <param name="Kind">Why it was taken.</param>
/// <param name="Commits">Whether sinks commit on it and recovery starts from it: all but a savepoint that does not stop the job.</param>
/// <param name="MetadataPath">Its metadata file.</param>
/// <param name="Digest">The digest of that file.</param>
/// <param name="ReservedThrough">The last checkpoint id that the attempt may use from here on without reserving more.</param>
public sealed record CheckpointCompleted(
    int Attempt, long CheckpointId, CheckpointKind Kind, bool Commits, string MetadataPath, string Digest, long ReservedThrough)
    : JobLogEntry(Attempt);

/// <summary>A completed checkpoint is no longer to be used; its files are deleted after this entry.</summary>
/// <param name="Attempt">The attempt that dropped it.</param>
/// <param name="CheckpointId">The checkpoint.</param>
public sealed record CheckpointDropped(int Attempt, long CheckpointId) : JobLogEntry(Attempt);

/// <summary>The attempt may use more checkpoint ids; appended when many checkpoints in a row did not complete.</summary>
/// <param name="Attempt">The attempt.</param>
/// <param name="ReservedThrough">The last id that it may use.</param>
public sealed record CheckpointIdsReserved(int Attempt, long ReservedThrough) : JobLogEntry(Attempt);

/// <summary>The job ended. Only a new attempt may follow.</summary>
/// <param name="Attempt">The attempt that ended it.</param>
/// <param name="State">How.</param>
/// <param name="DropsCheckpoints">Whether no checkpoint is to be used any more, also not the one that the job would restart from; their files are deleted after this entry.</param>
/// <param name="Failure">Why it failed, for people; null if it did not.</param>
public sealed record JobFinished(
    int Attempt,
    JobEndState State,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] bool DropsCheckpoints = false,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Failure = null) : JobLogEntry(Attempt);
