using OrleansStream.Engine.Checkpointing;
using OrleansStream.Engine.Nodes;

namespace OrleansStream.Engine.Tasklets;

/// <summary>What a subtask tells its job master. Carries the attempt: one of an older attempt is refused.</summary>
/// <param name="Job">The job.</param>
/// <param name="Attempt">The attempt that the subtask belongs to.</param>
/// <param name="Subtask">The subtask.</param>
public abstract record SubtaskEvent(string Job, int Attempt, SubtaskId Subtask) : ControlMessage(Job, Attempt);

/// <summary>The subtask has opened and restored everything and runs.</summary>
public sealed record SubtaskRunning(string Job, int Attempt, SubtaskId Subtask) : SubtaskEvent(Job, Attempt, Subtask);

/// <summary>The subtask has seen the end of all its input, or is a source that gives no record any more.</summary>
public sealed record SubtaskInputEnded(string Job, int Attempt, SubtaskId Subtask) : SubtaskEvent(Job, Attempt, Subtask);

/// <summary>The subtask's part of a checkpoint is durable.</summary>
/// <param name="CheckpointId">The checkpoint.</param>
/// <param name="Snapshot">Where its state is.</param>
/// <param name="States">The states of its operators, by uid.</param>
/// <param name="StallNs">Processor time from the barrier to the next record.</param>
/// <param name="StallWallNs">Wall time from the barrier to the next record.</param>
public sealed record SubtaskAcknowledged(
    string Job, int Attempt, SubtaskId Subtask, long CheckpointId, SubtaskSnapshot Snapshot, IReadOnlyDictionary<string, IReadOnlyList<StateDescription>> States,
    long StallNs, long StallWallNs) : SubtaskEvent(Job, Attempt, Subtask);

/// <summary>The subtask cannot take part in a checkpoint; the job goes on.</summary>
/// <param name="CheckpointId">The checkpoint.</param>
/// <param name="Reason">Why.</param>
public sealed record SubtaskDeclined(string Job, int Attempt, SubtaskId Subtask, long CheckpointId, string Reason) : SubtaskEvent(Job, Attempt, Subtask);

/// <summary>Everything up to a completed checkpoint is committed.</summary>
/// <param name="CheckpointId">The checkpoint.</param>
public sealed record SubtaskCommitted(string Job, int Attempt, SubtaskId Subtask, long CheckpointId) : SubtaskEvent(Job, Attempt, Subtask);

/// <summary>The subtask has failed and does nothing any more.</summary>
/// <param name="Failure">Why.</param>
public sealed record SubtaskFailed(string Job, int Attempt, SubtaskId Subtask, SubtaskFailure Failure) : SubtaskEvent(Job, Attempt, Subtask);

/// <summary>The subtask has stopped and freed everything; the last event of a subtask.</summary>
public sealed record SubtaskStopped(string Job, int Attempt, SubtaskId Subtask) : SubtaskEvent(Job, Attempt, Subtask);
