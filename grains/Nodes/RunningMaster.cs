using OrleansStream.Engine.Jobs;

namespace OrleansStream.Grains;

/// <summary>A job master on this silo.</summary>
/// <param name="spec">The job.</param>
internal sealed class RunningMaster(JobSpec spec)
{
    private readonly TaskCompletionSource<JobOutcome> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public JobSpec Spec => spec;

    /// <summary>The master; set before anybody else sees this.</summary>
    public JobMaster Master { get; set; } = null!;

    /// <summary>Completes with the end of the job, or when another master has taken over.</summary>
    public Task<JobOutcome> Ended => _ended.Task;

    public void End(JobOutcome outcome) => _ended.TrySetResult(outcome);
}
