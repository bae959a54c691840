using OrleansStream.Engine.Jobs;

namespace OrleansStream.Grains;

/// <summary>A job master on this silo.</summary>
/// <param name="spec">The job.</param>
/// <param name="history">What becomes of its checkpoints and attempts.</param>
internal sealed class RunningMaster(JobSpec spec, JobHistory history)
{
    private readonly Dictionary<string, Task<string>> _savepoints = new(StringComparer.Ordinal);

    public JobSpec Spec => spec;

    public JobHistory History => history;

    /// <summary>Takes a savepoint, unless it was asked for before with the same id.</summary>
    public Task<string> Savepoint(string request, Func<Task<string>> take)
    {
        lock (_savepoints)
        {
            return _savepoints.TryGetValue(request, out Task<string>? known) ? known : _savepoints[request] = take();
        }
    }

    /// <summary>The master; set before anybody else sees this.</summary>
    public JobMaster Master { get; set; } = null!;

    /// <summary>What stays of the job.</summary>
    public EndedJob ToEnded(JobOutcome outcome)
    {
        JobStatus status = Master.Status;
        JobEnd end = new()
        {
            State = outcome.State,
            Attempt = status.Attempt,
            At = DateTimeOffset.UtcNow,
            Error = outcome.Error is null ? null : $"{outcome.Error.GetType().Name}: {outcome.Error.Message}",
            LastCheckpoint = outcome.LastCheckpoint,
        };
        lock (_savepoints)
        {
            return new EndedJob(spec, end, [.. status.Operators.Select(OperatorReport.Of)], history, new Dictionary<string, Task<string>>(_savepoints));
        }
    }
}
