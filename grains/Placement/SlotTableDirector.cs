using Orleans.Placement;
using Orleans.Runtime;
using Orleans.Runtime.Placement;

namespace OrleansStream.Grains;

/// <summary>Follows the master's slot table. Where there is none the front goes anywhere, and refuses or passes on there.</summary>
internal abstract class SlotTableDirector : IPlacementDirector
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(5);

    public async Task<SiloAddress> OnAddActivation(PlacementStrategy strategy, PlacementTarget target, IPlacementContext context)
    {
        SiloAddress[] silos = context.GetCompatibleSilos(target);
        string? owner;
        try
        {
            owner = await FindOwnerAsync(target.GrainIdentity.Key.ToString()!).WaitAsync(s_patience);
        }
        catch (Exception e) when (e is OrleansException or TimeoutException or JobRefusedException)
        {
            owner = null;
        }

        return (owner is null ? null : Array.Find(silos, s => s.ToParsableString() == owner)) ?? (silos.Contains(context.LocalSilo) ? context.LocalSilo : silos[0]);
    }

    /// <summary>The silo that has what a front stands for, as its address in text; null if that is not known.</summary>
    /// <param name="key">The front's key.</param>
    protected abstract Task<string?> FindOwnerAsync(string key);
}
