namespace OrleansStream.Service;

/// <summary>A job in a list.</summary>
/// <param name="Id">The job's id: that of its submission.</param>
/// <param name="Name">Its name, what its log and checkpoints are filed under.</param>
/// <param name="Job">The full name of its type.</param>
/// <param name="Package">The id of its package; null for a job that is built in.</param>
/// <param name="State">What it is doing.</param>
/// <param name="Attempt">The current attempt; 0 before the first was claimed.</param>
/// <param name="SubmittedAt">When it was taken, by the service's clock.</param>
/// <param name="EndedAt">When it ended; null while it runs.</param>
/// <param name="Failure">Why its last attempt failed; null if none did.</param>
public sealed record JobInfo(
    string Id, string Name, string Job, string? Package, JobState State, int Attempt, DateTimeOffset SubmittedAt, DateTimeOffset? EndedAt, FailureInfo? Failure)
{
    /// <summary>Whether the job has ended, however it ended.</summary>
    public bool HasEnded => State is JobState.Finished or JobState.Stopped or JobState.Cancelled or JobState.Failed;
}

/// <summary>A job with its options and operators.</summary>
/// <param name="Job">The job.</param>
/// <param name="Options">The options that it was submitted with, as they were given; values whose names end in <c>password</c>, <c>secret</c> or <c>token</c> are hidden.</param>
/// <param name="Operators">Its operators in order; empty before the graph is deployed.</param>
/// <param name="LastCheckpoint">The last checkpoint that completed; null for none.</param>
public sealed record JobDetails(JobInfo Job, IReadOnlyDictionary<string, string> Options, IReadOnlyList<OperatorInfo> Operators, CheckpointInfo? LastCheckpoint);

/// <summary>What a job's operators have counted since the current attempt began.</summary>
/// <param name="Id">The job's id.</param>
/// <param name="At">When they were asked, by the service's clock.</param>
/// <param name="Operators">Its operators in order; empty before the graph is deployed.</param>
/// <param name="LongestStallNs">The most processor time that a barrier cost a subtask, in nanoseconds.</param>
public sealed record JobMetrics(string Id, DateTimeOffset At, IReadOnlyList<OperatorInfo> Operators, long LongestStallNs);

/// <summary>An operator, all its subtasks added up.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Uid">Its uid.</param>
/// <param name="Chain">The number of the chain that it runs in.</param>
/// <param name="Parallelism">How many subtasks it has.</param>
/// <param name="RecordsIn">Records taken.</param>
/// <param name="RecordsOut">Records emitted, side outputs left out.</param>
/// <param name="LateDropped">Late records dropped.</param>
/// <param name="BadRecords">Input that could not be read and was left out.</param>
/// <param name="WatermarkMs">The smallest watermark of its subtasks, in milliseconds since 1970; null for none yet.</param>
/// <param name="QueuedElements">Elements that wait in front of its chain.</param>
/// <param name="BusyShare">The share of its chain's time that went into work, 0 to 1.</param>
/// <param name="BlockedShare">The share in which output was blocked: backpressure.</param>
/// <param name="IdleShare">The share in which there was nothing to do.</param>
public sealed record OperatorInfo(
    string Name, string Uid, int Chain, int Parallelism, long RecordsIn, long RecordsOut, long LateDropped, long BadRecords, long? WatermarkMs, int QueuedElements,
    double BusyShare, double BlockedShare, double IdleShare)
{
    /// <summary>Keys that a large share of its recent records has, the largest first; null for none, and for operators without keys. A key of <c>1 / parallelism</c> and more keeps a subtask busy alone.</summary>
    public IReadOnlyList<HotKey>? HotKeys { get; init; }
}

/// <summary>A checkpoint or savepoint.</summary>
/// <param name="Id">Its number; ids grow and are never used twice.</param>
/// <param name="Kind">Why it was taken.</param>
/// <param name="Attempt">The attempt that took it.</param>
/// <param name="State">What became of it.</param>
/// <param name="StartedAt">When it was triggered, by the service's clock.</param>
/// <param name="EndedAt">When it completed or was given up; null while it is under way.</param>
/// <param name="Path">Its metadata file in the job's checkpoint directory; null until it has completed.</param>
/// <param name="Reason">Why it was given up; null otherwise.</param>
public sealed record CheckpointInfo(
    long Id, CheckpointKind Kind, int Attempt, CheckpointState State, DateTimeOffset StartedAt, DateTimeOffset? EndedAt, string? Path, string? Reason);

/// <summary>What became of a checkpoint.</summary>
public enum CheckpointState
{
    /// <summary>It is under way.</summary>
    Running,

    /// <summary>It completed.</summary>
    Completed,

    /// <summary>It was given up.</summary>
    Failed,
}

/// <summary>Why an attempt failed.</summary>
/// <param name="Attempt">The attempt; 0 when it failed before one was claimed.</param>
/// <param name="At">When, by the service's clock.</param>
/// <param name="Type">The exception's type.</param>
/// <param name="Message">Its message, which names what is wrong and the remedy.</param>
/// <param name="Origin">Whose fault it is.</param>
/// <param name="CanRetry">Whether a restart may help.</param>
public sealed record FailureInfo(int Attempt, DateTimeOffset At, string Type, string Message, FaultOrigin Origin, bool CanRetry);

/// <summary>A savepoint that has completed.</summary>
/// <param name="Id">The id of the request.</param>
/// <param name="Path">Its metadata file; <c>from-savepoint</c> takes it.</param>
/// <param name="Job">The job as it is then.</param>
public sealed record SavepointInfo(string Id, string Path, JobInfo Job);

/// <summary>A package of assemblies.</summary>
/// <param name="Id">The SHA-256 of its files' names and contents, 64 hexadecimal digits: the build that all nodes of a job must have.</param>
/// <param name="Name">The name of the assembly that has the jobs.</param>
/// <param name="Jobs">The full names of the jobs in it.</param>
/// <param name="Bytes">The size of all its files, unpacked.</param>
/// <param name="UploadedAt">When it was taken, by the service's clock.</param>
public sealed record PackageInfo(string Id, string Name, IReadOnlyList<string> Jobs, long Bytes, DateTimeOffset UploadedAt);
