using OrleansStream.Engine.Channels;
using OrleansStream.Engine.Checkpointing;
using OrleansStream.Engine.Sources;

namespace OrleansStream.Engine.Nodes;

/// <summary>Begins an attempt at a task host; the first message of the attempt to it.</summary>
/// <param name="Incarnation">The job's incarnation.</param>
/// <param name="From">What the attempt starts from.</param>
/// <param name="Checkpoint">Where the checkpoint is that it starts from; null if it starts from something else.</param>
/// <param name="Topology">The chains and the edges between them.</param>
/// <param name="Places">The node of every subtask, also of those that run elsewhere: the ends of the channels.</param>
public sealed record DeploySubtasks(
    string Job, int Attempt, string Incarnation, StartPoint From, CompletedCheckpoint? Checkpoint, JobTopology Topology, IReadOnlyDictionary<SubtaskId, string> Places)
    : ControlMessage(Job, Attempt);

/// <summary>Ends all subtasks of the attempt at a task host; each answers with <see cref="Tasklets.SubtaskStopped"/>.</summary>
public sealed record CancelSubtasks(string Job, int Attempt) : ControlMessage(Job, Attempt);

/// <summary>Asks the source subtasks at a task host to begin a checkpoint.</summary>
/// <param name="Barrier">The checkpoint.</param>
public sealed record TriggerCheckpoint(string Job, int Attempt, CheckpointBarrier Barrier) : ControlMessage(Job, Attempt);

/// <summary>The completion of a checkpoint is in the log: sinks commit.</summary>
/// <param name="CheckpointId">The checkpoint.</param>
public sealed record CompleteCheckpoint(string Job, int Attempt, long CheckpointId) : ControlMessage(Job, Attempt);

/// <summary>A checkpoint was given up.</summary>
/// <param name="CheckpointId">The checkpoint.</param>
public sealed record AbortCheckpoint(string Job, int Attempt, long CheckpointId) : ControlMessage(Job, Attempt);

/// <summary>Says how far the sources of an alignment group have come on other nodes.</summary>
/// <param name="Group">The group.</param>
/// <param name="ReachedMs">The least watermark there; <see cref="long.MaxValue"/> if nobody has to be waited for.</param>
public sealed record AlignSources(string Job, int Attempt, string Group, long ReachedMs) : ControlMessage(Job, Attempt);

/// <summary>Gives splits to a source subtask.</summary>
/// <param name="Subtask">The subtask.</param>
/// <param name="Splits">The splits, with their positions.</param>
/// <param name="NoMore">Whether these are the last ones.</param>
public sealed record AssignSplits(string Job, int Attempt, SubtaskId Subtask, IReadOnlyList<AssignedSplit> Splits, bool NoMore) : ControlMessage(Job, Attempt);
