using OrleansStream.Engine.Jobs;

namespace OrleansStream.Grains;

/// <summary>A job master on this silo.</summary>
/// <param name="spec">The job.</param>
internal sealed class RunningMaster(JobSpec spec)
{
    private readonly TaskCompletionSource<JobOutcome> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private readonly Dictionary<string, Task<string>> _savepoints = new(StringComparer.Ordinal);

    public JobSpec Spec => spec;

    /// <summary>The savepoint of a request; null if none was asked for with that id.</summary>
    public Task<string>? FindSavepoint(string request)
    {
        lock (_savepoints)
        {
            return _savepoints.GetValueOrDefault(request);
        }
    }

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

    /// <summary>Completes with the end of the job, or when another master has taken over.</summary>
    public Task<JobOutcome> Ended => _ended.Task;

    public void End(JobOutcome outcome) => _ended.TrySetResult(outcome);
}
