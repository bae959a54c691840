namespace OrleansStream.Engine.Checkpointing;

/// <summary>What the <see cref="CheckpointCoordinator"/> wants done, in the order in which it wants it. The hierarchy is closed.</summary>
public abstract record CoordinatorDecision
{
    private protected CoordinatorDecision()
    {
    }
}

/// <summary>Send the barrier to all sources, and the folder to all subtasks with it.</summary>
/// <param name="CheckpointId">The checkpoint.</param>
/// <param name="Kind">Why it is taken.</param>
/// <param name="Folder">Where subtasks put their files.</param>
/// <param name="Stop">The job ends with it: sources emit nothing after the barrier until it completes or is aborted.</param>
/// <param name="Drain">Before the barrier sources send the final watermark.</param>
/// <param name="Unaligned">The barrier may overtake records.</param>
/// <param name="AlignedTimeoutMs">How long it stays aligned before it does.</param>
public sealed record TriggerBarrier(
    long CheckpointId, CheckpointKind Kind, string Folder, bool Stop, bool Drain, bool Unaligned, long AlignedTimeoutMs) : CoordinatorDecision;

/// <summary>Store the metadata (<see cref="CheckpointMetadataFile"/>), then call <see cref="CheckpointCoordinator.MetadataStored"/> or
/// <see cref="CheckpointCoordinator.MetadataFailed"/>.</summary>
/// <param name="Folder">The checkpoint's folder.</param>
/// <param name="Metadata">The metadata.</param>
public sealed record StoreMetadata(string Folder, CheckpointMetadata Metadata) : CoordinatorDecision;

/// <summary>Append the completion to the log, then call <see cref="CheckpointCoordinator.CompletionLogged"/> or
/// <see cref="CheckpointCoordinator.CompletionFailed"/>. A superseded writer ends the attempt instead.</summary>
/// <param name="Entry">The entry.</param>
public sealed record AppendCompletion(CheckpointCompleted Entry) : CoordinatorDecision;

/// <summary>Append the entry, then call <see cref="CheckpointCoordinator.IdsReserved"/> or
/// <see cref="CheckpointCoordinator.ReservationFailed"/>.</summary>
/// <param name="Entry">The entry.</param>
public sealed record ReserveIds(CheckpointIdsReserved Entry) : CoordinatorDecision;

/// <summary>Tell all subtasks that the checkpoint completed: committers commit all epochs up to it, in order.</summary>
/// <param name="CheckpointId">The checkpoint.</param>
public sealed record NotifyCompleted(long CheckpointId) : CoordinatorDecision;

/// <summary>Tell all subtasks that the checkpoint is given up. No data is: what was prepared for it belongs to the next one.</summary>
/// <param name="CheckpointId">The checkpoint.</param>
/// <param name="Reason">Why.</param>
public sealed record Abort(long CheckpointId, string Reason) : CoordinatorDecision;

/// <summary>Delete the folder of a checkpoint; if it had completed, append <see cref="CheckpointDropped"/> before. A failure is a
/// warning: the next attempt cleans up.</summary>
/// <param name="CheckpointId">The checkpoint.</param>
/// <param name="Completed">Whether it had completed.</param>
public sealed record Discard(long CheckpointId, bool Completed) : CoordinatorDecision;

/// <summary>A request is done.</summary>
/// <param name="Request">The caller's number for it.</param>
/// <param name="CheckpointId">The checkpoint that did it.</param>
/// <param name="MetadataPath">Its metadata file.</param>
public sealed record RequestCompleted(long Request, long CheckpointId, string MetadataPath) : CoordinatorDecision;

/// <summary>A request could not be done.</summary>
/// <param name="Request">The caller's number for it.</param>
/// <param name="Reason">Why, and what to do.</param>
public sealed record RequestFailed(long Request, string Reason) : CoordinatorDecision;

/// <summary>A message came late, twice or from a stranger and changed nothing. For a log line and a counter.</summary>
/// <param name="CheckpointId">The checkpoint it was about.</param>
/// <param name="Subtask">Who sent it; null for the host's own.</param>
/// <param name="Reason">Why it was ignored.</param>
public sealed record MessageIgnored(long CheckpointId, SubtaskId? Subtask, string Reason) : CoordinatorDecision;

/// <summary>Fail the attempt; the restart strategy has the word.</summary>
/// <param name="Reason">Why.</param>
public sealed record FailJob(string Reason) : CoordinatorDecision;

/// <summary>The job's last checkpoint completed and everything is committed: append <see cref="JobFinished"/> and stop all subtasks.</summary>
/// <param name="State">How it ended.</param>
/// <param name="CheckpointId">The last checkpoint.</param>
public sealed record JobDone(JobEndState State, long CheckpointId) : CoordinatorDecision;
