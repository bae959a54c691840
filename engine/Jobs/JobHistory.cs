using OrleansStream.Service;

namespace OrleansStream.Engine.Jobs;

/// <summary>
/// What became of a job's last checkpoints and attempts, for people. The master writes it, on its thread; any thread reads. It is no truth: that is the log's. It holds texts and numbers only, nothing of the
/// job's own types.
/// </summary>
public sealed class JobHistory
{
    /// <summary>How many checkpoints, and how many failures, are kept.</summary>
    public const int Limit = 50;

    private volatile CheckpointInfo[] _checkpoints = [];
    private volatile FailureInfo[] _failures = [];

    /// <summary>The last checkpoints and savepoints, the newest first.</summary>
    public IReadOnlyList<CheckpointInfo> Checkpoints => _checkpoints;

    /// <summary>Why the last attempts failed, the newest first.</summary>
    public IReadOnlyList<FailureInfo> Failures => _failures;

    /// <summary>The last checkpoint or savepoint that completed; null for none that is kept here.</summary>
    public CheckpointInfo? LastCompleted => _checkpoints.FirstOrDefault(c => c.State == CheckpointState.Completed);

    internal void Started(long id, CheckpointKind kind, int attempt, long nowMs) =>
        _checkpoints = [new CheckpointInfo(id, kind, attempt, CheckpointState.Running, At(nowMs), null, null, null), .. _checkpoints.Take(Limit - 1)];

    internal void Completed(long id, string path, long nowMs) => Change(id, c => c with { State = CheckpointState.Completed, EndedAt = At(nowMs), Path = path });

    internal void GivenUp(long id, string reason, long nowMs) => Change(id, c => c with { State = CheckpointState.Failed, EndedAt = At(nowMs), Reason = reason });

    internal void Failed(int attempt, Exception error, long nowMs)
    {
        Nodes.SubtaskFailure failure = Nodes.SubtaskFailure.Of(error);
        _failures = [new FailureInfo(attempt, At(nowMs), failure.Type, failure.Message, failure.Origin, failure.CanRetry), .. _failures.Take(Limit - 1)];
    }

    private static DateTimeOffset At(long ms) => DateTimeOffset.FromUnixTimeMilliseconds(ms);

    // Only what is under way changes: a completion that the log has outlives the end of its attempt.
    private void Change(long id, Func<CheckpointInfo, CheckpointInfo> change) =>
        _checkpoints = [.. _checkpoints.Select(c => c.Id == id && c.State == CheckpointState.Running ? change(c) : c)];
}
