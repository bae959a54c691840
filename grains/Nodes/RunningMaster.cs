using OrleansStream.Engine.Jobs;
using OrleansStream.Engine.KeyAccess;

namespace OrleansStream.Grains;

/// <summary>A job master on this silo.</summary>
/// <param name="spec">The job.</param>
/// <param name="setup">The job, ready to run.</param>
internal sealed class RunningMaster(JobSpec spec, JobSetup setup)
{
    private readonly Lazy<JobKeys> _keys = new(() => JobKeys.Of(setup));
    private readonly Dictionary<string, Task<string>> _savepoints = new(StringComparer.Ordinal);

    public JobSpec Spec => spec;

    public JobHistory History => setup.History;

    /// <summary>The types of the job's keys. The first time it is as slow as the job's Define.</summary>
    public JobKeys Keys => _keys.Value;

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
            Error = EarlierFailureException.Describe(outcome.Error),
            LastCheckpoint = outcome.LastCheckpoint,
        };
        lock (_savepoints)
        {
            return new EndedJob(spec, end, [.. status.Operators.Select(OperatorReport.Of)], setup.History, new Dictionary<string, Task<string>>(_savepoints));
        }
    }
}
