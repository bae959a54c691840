using Orleans.Concurrency;
using Orleans.Placement;
using Orleans.Runtime;
using Orleans.Runtime.Placement;

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
internal sealed class CheckpointCoordinatorGrain(SiloNode node) : Grain, ICheckpointCoordinatorGrain
{
    private string Id => this.GetPrimaryKeyString();

    public Task<string> TriggerAsync() => AskAsync(job => job.CheckpointAsync());

    public Task<string> SavepointAsync(string folder) => AskAsync(job => job.SavepointAsync(folder, stop: false, drain: false));

    public async Task<long?> GetLastCompletedAsync() => (await AskAsync(job => job.GetReportAsync())).LastCheckpoint;

    // From the wrong silo it passes on, which costs a hop, and moves.
    private async Task<T> AskAsync<T>(Func<IJobGrain, Task<T>> ask)
    {
        T answer = await ask(GrainFactory.GetGrain<IJobGrain>(Id));
        if (node.FindMaster(Id) is null && node.FindEnded(Id) is null)
        {
            // Not to where a hint of the caller's says: that may be what brought it here.
            RequestContext.Remove(IPlacementDirector.PlacementHintKey);
            MigrateOnIdle();
        }

        return answer;
    }
}
