using OrleansStream.Engine.Jobs;

namespace OrleansStream.Grains;

/// <summary>What stays of a job whose master ended on this silo: texts and numbers, nothing that holds the job's code.</summary>
/// <param name="Spec">The job.</param>
/// <param name="End">How it ended.</param>
/// <param name="Operators">What its operators had counted.</param>
/// <param name="History">What became of its last checkpoints and attempts.</param>
/// <param name="Savepoints">The savepoints that were asked for, by the id of the request.</param>
internal sealed record EndedJob(
    JobSpec Spec, JobEnd End, IReadOnlyList<OperatorReport> Operators, JobHistory History, IReadOnlyDictionary<string, Task<string>> Savepoints);
