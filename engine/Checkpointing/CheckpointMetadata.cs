namespace OrleansStream.Engine.Checkpointing;

/// <summary>All that is needed to restore a checkpoint or savepoint. Stored by <see cref="CheckpointMetadataFile"/>.</summary>
/// <param name="FormatVersion">The version of this record's format: <see cref="CurrentFormat"/>.</param>
/// <param name="Job">The job's name.</param>
/// <param name="CheckpointId">The checkpoint.</param>
/// <param name="Attempt">The attempt that took it.</param>
/// <param name="Kind">Why it was taken.</param>
/// <param name="TriggeredAtMs">When it was triggered, by the host's clock.</param>
/// <param name="CompletedAtMs">When the last subtask had acknowledged it.</param>
/// <param name="PlanHash">The plan hash of the job.</param>
/// <param name="Operators">The operators, ordered by uid.</param>
/// <param name="Subtasks">The subtasks' snapshots, ordered by subtask.</param>
public sealed record CheckpointMetadata(
    int FormatVersion,
    string Job,
    long CheckpointId,
    int Attempt,
    CheckpointKind Kind,
    long TriggeredAtMs,
    long CompletedAtMs,
    string PlanHash,
    IReadOnlyList<OperatorMetadata> Operators,
    IReadOnlyList<SubtaskSnapshot> Subtasks)
{
    /// <summary>The format that this build writes and reads.</summary>
    public const int CurrentFormat = 1;
}
