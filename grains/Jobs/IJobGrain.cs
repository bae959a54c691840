using Orleans.Concurrency;
using OrleansStream.Engine.Jobs;

namespace OrleansStream.Grains;

/// <summary>
/// A job (key: the id of its submission): the address of its master, which the silo of this activation runs. An activation that is dropped leaves the master where it is; one that finds
/// itself on another silo than a master that lives moves there, and its calls fail with an <see cref="Orleans.Runtime.OrleansException"/> that says so: call again.
/// </summary>
public interface IJobGrain : IGrainWithStringKey
{
    /// <summary>Has the master started, here, unless it runs here. From the dispatcher only: it alone knows that the job may begin.</summary>
    /// <param name="spec">The job.</param>
    Task StartAsync(JobSpec spec);

    /// <summary>A silo has subtasks of the job. Starts the master here if that of these subtasks is gone with its silo.</summary>
    /// <param name="spec">The job.</param>
    /// <param name="master">The silo of the master that deployed them.</param>
    /// <returns>What the silo can conclude.</returns>
    [ResponseTimeout("00:00:05")]
    Task<JobHeartbeatAnswer> HeartbeatAsync(JobSpec spec, string master);

    /// <summary>The job as it stands.</summary>
    /// <exception cref="JobRefusedException">The job is not known.</exception>
    Task<JobReport> GetReportAsync();

    /// <summary>What became of the job's last checkpoints and attempts under this master; empty where no master runs or ran here.</summary>
    /// <returns>The checkpoints and the failures, each as the JSON of REST.</returns>
    [AlwaysInterleave]
    Task<JobHistoryReport> GetHistoryAsync();

    /// <summary>Which silo runs what; null before the first deployment.</summary>
    /// <exception cref="JobRefusedException">The job is not known, or has ended.</exception>
    Task<SubtaskPlaces?> GetPlacesAsync();

    /// <summary>Which silo has a key.</summary>
    /// <param name="uid">The operator's uid.</param>
    /// <param name="keyHash">The key's hash.</param>
    /// <returns>The silo; null before the first deployment.</returns>
    /// <exception cref="JobRefusedException">The job is not known, or has ended.</exception>
    Task<KeyPlace?> FindKeyAsync(string uid, ulong keyHash);

    /// <summary>Makes a request to a key of what is given as JSON: the types are known where the job's code is.</summary>
    /// <param name="call">A <see cref="Service.KeyCall"/> as the JSON of REST, whose form has been looked at.</param>
    /// <exception cref="JobRefusedException">The job is not known, or has ended.</exception>
    Task<KeyCallReading> ReadKeyCallAsync(string call);

    /// <summary>Ends the job without a checkpoint. Returns when that is under way.</summary>
    /// <exception cref="JobRefusedException">The job is not known, or has ended.</exception>
    Task CancelAsync();

    /// <summary>Takes a checkpoint now.</summary>
    /// <returns>The path of its metadata in the checkpoint directory.</returns>
    /// <exception cref="JobRefusedException">The job is not known, has ended, or cannot take one now.</exception>
    [ResponseTimeout("01:00:00")]
    Task<string> CheckpointAsync();

    /// <summary>Takes a savepoint.</summary>
    /// <param name="folder">A folder below the checkpoint directory, empty so far.</param>
    /// <param name="stop">Whether the job ends with it.</param>
    /// <param name="drain">With stop: whether the final watermark is sent first.</param>
    /// <param name="request">An id of the caller's: asked again with it, the answer is that of the first time. Null for none.</param>
    /// <returns>The path of its metadata in the checkpoint directory.</returns>
    /// <exception cref="JobRefusedException">The job is not known, has ended, or cannot take one now.</exception>
    [ResponseTimeout("01:00:00")]
    Task<string> SavepointAsync(string folder, bool stop, bool drain, string? request = null);

    /// <summary>Ends the job with a final checkpoint, which stays.</summary>
    /// <param name="drain">Whether the final watermark is sent first.</param>
    /// <returns>The path of its metadata in the checkpoint directory.</returns>
    /// <exception cref="JobRefusedException">The job is not known, has ended, or cannot take one now.</exception>
    [ResponseTimeout("01:00:00")]
    Task<string> StopAsync(bool drain);
}

/// <summary>What a silo learns from its heartbeat for a job.</summary>
public enum JobHeartbeatAnswer
{
    /// <summary>Nothing yet: ask again.</summary>
    Unknown,

    /// <summary>A master runs, or starts.</summary>
    MasterRuns,

    /// <summary>The job has ended.</summary>
    Ended,
}

/// <summary>What became of a job's last checkpoints and attempts, as the JSON of REST.</summary>
/// <param name="Checkpoints">A list of <see cref="Service.CheckpointInfo"/>.</param>
/// <param name="Failures">A list of <see cref="Service.FailureInfo"/>.</param>
[GenerateSerializer]
[Immutable]
public sealed record JobHistoryReport([property: Id(0)] string Checkpoints, [property: Id(1)] string Failures);

/// <summary>A job as it stands at one moment.</summary>
[GenerateSerializer]
[Immutable]
public sealed record JobReport
{
    /// <summary>The job.</summary>
    [Id(0)]
    public required JobSpec Spec { get; init; }

    /// <summary>What it is doing.</summary>
    [Id(1)]
    public required JobState State { get; init; }

    /// <summary>The current attempt; 0 before the first was claimed.</summary>
    [Id(2)]
    public required int Attempt { get; init; }

    /// <summary>The silo of its master; null when it has ended.</summary>
    [Id(3)]
    public string? Silo { get; init; }

    /// <summary>The last checkpoint that completed under this master; null for none.</summary>
    [Id(4)]
    public long? LastCheckpoint { get; init; }

    /// <summary>Why the last attempt failed; null if none did.</summary>
    [Id(5)]
    public string? Error { get; init; }

    /// <summary>How it ended; null while it runs.</summary>
    [Id(6)]
    public JobEnd? End { get; init; }

    /// <summary>Its operators in order; empty before the graph is deployed.</summary>
    [Id(7)]
    public IReadOnlyList<OperatorReport> Operators { get; init; } = [];
}

/// <summary>An operator, all its subtasks added up. The members are those of <see cref="OperatorStatus"/>.</summary>
[GenerateSerializer]
[Immutable]
public sealed record OperatorReport(
    [property: Id(0)] string Name, [property: Id(1)] string Uid, [property: Id(2)] int Chain, [property: Id(3)] int Parallelism, [property: Id(4)] long RecordsIn,
    [property: Id(5)] long RecordsOut, [property: Id(6)] long LateDropped, [property: Id(7)] long BadRecords, [property: Id(8)] long Watermark,
    [property: Id(9)] int QueuedElements, [property: Id(10)] long BusyNs, [property: Id(11)] long BlockedNs, [property: Id(12)] long IdleNs)
{
    /// <summary>Keys that a large share of its recent records has, the largest first.</summary>
    [Id(13)]
    public IReadOnlyList<HotKeyReport> HotKeys { get; init; } = [];

    internal static OperatorReport Of(OperatorStatus op) => new(
        op.Name, op.Uid, op.Chain, op.Parallelism, op.RecordsIn, op.RecordsOut, op.LateDropped, op.BadRecords, op.Watermark, op.QueuedElements, op.BusyNs, op.BlockedNs, op.IdleNs)
    {
        HotKeys = [.. op.HotKeys.Select(k => new HotKeyReport(k.Key, k.Share))],
    };
}

/// <summary>The silo that has a key, by the master's slot table.</summary>
/// <param name="Attempt">The attempt.</param>
/// <param name="Silo">The silo, as its address in text with the generation; null if the job has no such operator.</param>
/// <param name="Operators">The uids of the job's operators, where it has no such one.</param>
[GenerateSerializer]
[Immutable]
public sealed record KeyPlace([property: Id(0)] int Attempt, [property: Id(1)] string? Silo, [property: Id(2)] IReadOnlyList<string> Operators);

/// <summary>A request to a key, or why there is none.</summary>
/// <param name="Request">The request; null if it was refused.</param>
/// <param name="Refusal">Why it was refused.</param>
[GenerateSerializer]
[Immutable]
public sealed record KeyCallReading([property: Id(0)] KeyRequest? Request, [property: Id(1)] string? Refusal);

/// <summary>A key that an operator gets much more often than others. The members are those of <see cref="HotKey"/>.</summary>
[GenerateSerializer]
[Immutable]
public readonly record struct HotKeyReport([property: Id(0)] string Key, [property: Id(1)] double Share);

/// <summary>Which silo runs which subtask: the master's slot table.</summary>
/// <param name="Attempt">The attempt.</param>
/// <param name="Subtasks">The subtasks.</param>
[GenerateSerializer]
[Immutable]
public sealed record SubtaskPlaces([property: Id(0)] int Attempt, [property: Id(1)] IReadOnlyList<SubtaskPlace> Subtasks);

/// <summary>The place of one subtask of one operator.</summary>
/// <param name="Uid">The operator's uid.</param>
/// <param name="Kind">What the operator is: <c>source</c>, <c>sink</c>, <c>map</c> and so on.</param>
/// <param name="Subtask">The subtask, from 0.</param>
/// <param name="Silo">The silo, as its address in text with the generation.</param>
/// <param name="Vertex">The number of the chain that the operator is in.</param>
/// <param name="Index">The operator's place in the chain, from 0.</param>
[GenerateSerializer]
[Immutable]
public sealed record SubtaskPlace([property: Id(0)] string Uid, [property: Id(1)] string Kind, [property: Id(2)] int Subtask, [property: Id(3)] string Silo, [property: Id(4)] int Vertex, [property: Id(5)] int Index);
