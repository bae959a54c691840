namespace OrleansStream.Engine.Checkpointing;

/// <summary>What a coordinator needs to know of the attempt that it serves.</summary>
/// <param name="Job">The job's name.</param>
/// <param name="Attempt">The attempt, claimed in the log.</param>
/// <param name="PlanHash">The plan hash, for the metadata.</param>
/// <param name="Subtasks">All subtasks; each acknowledges each checkpoint.</param>
/// <param name="Committers">Those of them that commit something when a checkpoint has completed, and say so.</param>
/// <param name="NextCheckpointId">The first id to use: <see cref="JobLogState.NextCheckpointId"/> before the attempt's own entry.</param>
/// <param name="ReservedThrough">The last id to use: that of the attempt's own entry.</param>
/// <param name="Retained">The ids of the retained checkpoints in the log.</param>
public sealed record CoordinatorStart(
    string Job,
    int Attempt,
    string PlanHash,
    IReadOnlyCollection<SubtaskId> Subtasks,
    IReadOnlyCollection<SubtaskId> Committers,
    long NextCheckpointId,
    long ReservedThrough,
    IReadOnlyCollection<long> Retained)
{
    /// <summary>The start of an attempt that was just claimed.</summary>
    /// <param name="job">The job's name.</param>
    /// <param name="claimed">The log with the attempt's entry as its last.</param>
    /// <param name="planHash">The plan hash.</param>
    /// <param name="subtasks">All subtasks.</param>
    /// <param name="committers">Those that commit.</param>
    public static CoordinatorStart Of(
        string job, JobLogState claimed, string planHash, IReadOnlyCollection<SubtaskId> subtasks, IReadOnlyCollection<SubtaskId> committers)
    {
        ArgumentNullException.ThrowIfNull(claimed);
        return new CoordinatorStart(
            job, claimed.Attempt, planHash, subtasks, committers, claimed.ReservedThrough - JobLogState.IdsAhead + 1, claimed.ReservedThrough,
            [.. claimed.Retained.Select(c => c.CheckpointId)]);
    }
}
