using OrleansStream.Engine.Checkpointing;

namespace OrleansStream.Engine.Nodes;

/// <summary>An attempt that has subtasks at a task host, as its master deployed it.</summary>
/// <param name="Job">The job.</param>
/// <param name="Attempt">The attempt.</param>
/// <param name="Master">The node of the job master.</param>
/// <param name="Places">The node of every subtask of the attempt, also of those that run elsewhere.</param>
/// <param name="IsAbandoned">Whether its subtasks are being stopped: the lease is over, or a newer attempt is here.</param>
public sealed record HostedSubtasks(string Job, int Attempt, string Master, IReadOnlyDictionary<SubtaskId, string> Places, bool IsAbandoned);
