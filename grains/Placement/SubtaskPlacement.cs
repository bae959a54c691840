using Orleans.Placement;
using Orleans.Runtime;

namespace OrleansStream.Grains;

/// <summary>The grain's key is a <see cref="SubtaskKey"/>, and it belongs on the silo that runs the subtask.</summary>
[AttributeUsage(AttributeTargets.Class)]
internal sealed class SubtaskPlacementAttribute() : PlacementAttribute(new SubtaskPlacement());

/// <inheritdoc cref="SubtaskPlacementAttribute"/>
[Serializable]
internal sealed class SubtaskPlacement : PlacementStrategy;

/// <inheritdoc/>
internal sealed class SubtaskPlacementDirector(IGrainFactory grains) : SlotTableDirector
{
    protected override async Task<string?> FindOwnerAsync(string key) => SubtaskKey.TryParse(key) is { } subtask
        ? (await grains.GetGrain<IJobGrain>(subtask.Job).GetPlacesAsync())?.Subtasks.FirstOrDefault(p => p.Uid == subtask.Uid && p.Subtask == subtask.Subtask)?.Silo
        : null;
}
