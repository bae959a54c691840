using Orleans.Concurrency;
using Orleans.Placement;

namespace OrleansStream.Grains;

/// <summary>
/// The checkpoints of a job (key: the id of its submission), by request. The coordinator itself is a part of the job's master, and what it decides counts by the job log; this is its address, placed with the
/// job's grain.
/// </summary>
public interface ICheckpointCoordinatorGrain : IGrainWithStringKey
{
    /// <summary>Takes a checkpoint now.</summary>
    /// <returns>The path of its metadata in the checkpoint directory.</returns>
    /// <exception cref="JobRefusedException">The job is not known, has ended, or cannot take one now.</exception>
    [ResponseTimeout("01:00:00")]
    Task<string> TriggerAsync();

    /// <summary>Takes a savepoint, which the job never deletes.</summary>
    /// <param name="folder">A folder below the checkpoint directory, empty so far.</param>
    /// <returns>The path of its metadata in the checkpoint directory.</returns>
    /// <exception cref="JobRefusedException">The job is not known, has ended, or cannot take one now.</exception>
    [ResponseTimeout("01:00:00")]
    Task<string> SavepointAsync(string folder);

    /// <summary>The last checkpoint that completed under the master that runs; null for none.</summary>
    /// <exception cref="JobRefusedException">The job is not known.</exception>
    Task<long?> GetLastCompletedAsync();
}

/// <inheritdoc cref="ICheckpointCoordinatorGrain"/>
[Immovable]
[Reentrant]
[JobPlacement]
internal sealed class CheckpointCoordinatorGrain : Grain, ICheckpointCoordinatorGrain
{
    private IJobGrain Job => GrainFactory.GetGrain<IJobGrain>(this.GetPrimaryKeyString());

    public Task<string> TriggerAsync() => Job.CheckpointAsync();

    public Task<string> SavepointAsync(string folder) => Job.SavepointAsync(folder, stop: false, drain: false);

    public async Task<long?> GetLastCompletedAsync() => (await Job.GetReportAsync()).LastCheckpoint;
}
