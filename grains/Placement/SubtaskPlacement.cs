using Orleans.Placement;
using Orleans.Runtime;
using Orleans.Runtime.Placement;

namespace OrleansStream.Grains;

/// <summary>The grain's key is a <see cref="SubtaskKey"/>, and it belongs on the silo that runs the subtask.</summary>
[AttributeUsage(AttributeTargets.Class)]
internal sealed class SubtaskPlacementAttribute() : PlacementAttribute(new SubtaskPlacement());

/// <inheritdoc cref="SubtaskPlacementAttribute"/>
[Serializable]
internal sealed class SubtaskPlacement : PlacementStrategy;

/// <summary>Follows the master's slot table. Where there is none the front goes anywhere, and refuses there.</summary>
internal sealed class SubtaskPlacementDirector(IGrainFactory grains) : IPlacementDirector
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(5);

    public async Task<SiloAddress> OnAddActivation(PlacementStrategy strategy, PlacementTarget target, IPlacementContext context)
    {
        SiloAddress[] silos = context.GetCompatibleSilos(target);
        string? owner = SubtaskKey.TryParse(target.GrainIdentity.Key.ToString()!) is { } key ? await AskAsync(key) : null;
        return (owner is null ? null : Array.Find(silos, s => s.ToParsableString() == owner)) ?? (silos.Contains(context.LocalSilo) ? context.LocalSilo : silos[0]);
    }

    private async Task<string?> AskAsync(SubtaskKey key)
    {
        try
        {
            SubtaskPlaces? places = await grains.GetGrain<IJobGrain>(key.Job).GetPlacesAsync().WaitAsync(s_patience);
            return places?.Subtasks.FirstOrDefault(p => p.Uid == key.Uid && p.Subtask == key.Subtask)?.Silo;
        }
        catch (Exception e) when (e is OrleansException or TimeoutException or JobRefusedException)
        {
            return null;
        }
    }
}
