using OrleansStream.Engine.Jobs;

namespace OrleansStream.Grains;

/// <summary>A job master on this silo.</summary>
/// <param name="spec">The job.</param>
internal sealed class RunningMaster(JobSpec spec)
{
    private readonly TaskCompletionSource<JobOutcome> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public JobSpec Spec => spec;

    /// <summary>The savepoints that were asked for with an id.</summary>
    public AskedSavepoints Savepoints { get; } = new();

    /// <summary>The master; set before anybody else sees this.</summary>
    public JobMaster Master { get; set; } = null!;

    /// <summary>What became of the job's last checkpoints and attempts.</summary>
    public required JobHistory History { get; init; }

    /// <summary>Completes with the end of the job, or when another master has taken over.</summary>
    public Task<JobOutcome> Ended => _ended.Task;

    public void End(JobOutcome outcome) => _ended.TrySetResult(outcome);

    /// <summary>What stays of it when the job has ended.</summary>
    public EndedMaster ToEnded() => new(Master.Status with { Error = null }, History, Savepoints);
}

/// <summary>What stays of a master whose job has ended: texts and numbers only, so that the job's code can go.</summary>
/// <param name="Status">The job as its master said last.</param>
/// <param name="History">What became of its last checkpoints and attempts.</param>
/// <param name="Savepoints">The savepoints that were asked for with an id.</param>
internal sealed record EndedMaster(JobStatus Status, JobHistory History, AskedSavepoints Savepoints);

/// <summary>Savepoints by the id of the request, so that one that is asked for again is not taken again. Any thread.</summary>
internal sealed class AskedSavepoints
{
    private readonly Dictionary<string, Task<string>> _asked = new(StringComparer.Ordinal);

    /// <summary>The savepoint of a request; null if none was asked for with that id.</summary>
    public Task<string>? Find(string request)
    {
        lock (_asked)
        {
            return _asked.GetValueOrDefault(request);
        }
    }

    /// <summary>Takes a savepoint, unless it was asked for before with the same id.</summary>
    public Task<string> Take(string request, Func<Task<string>> take)
    {
        lock (_asked)
        {
            return _asked.TryGetValue(request, out Task<string>? known) ? known : _asked[request] = take();
        }
    }
}
