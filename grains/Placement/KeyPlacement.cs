using Orleans.Placement;
using Orleans.Runtime;
using Orleans.Runtime.Placement;

namespace OrleansStream.Grains;

/// <summary>The grain's key is a <see cref="KeyAddress"/>, and it belongs on the silo that has the key.</summary>
[AttributeUsage(AttributeTargets.Class)]
internal sealed class KeyPlacementAttribute() : PlacementAttribute(new KeyPlacement());

/// <inheritdoc cref="KeyPlacementAttribute"/>
[Serializable]
internal sealed class KeyPlacement : PlacementStrategy;

/// <summary>Follows the master's slot table. Where there is none the front goes anywhere, and passes on from there.</summary>
internal sealed class KeyPlacementDirector(IGrainFactory grains) : IPlacementDirector
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(5);

    public async Task<SiloAddress> OnAddActivation(PlacementStrategy strategy, PlacementTarget target, IPlacementContext context)
    {
        SiloAddress[] silos = context.GetCompatibleSilos(target);
        string? owner = KeyAddress.TryParse(target.GrainIdentity.Key.ToString()!) is { } key ? await AskAsync(key) : null;
        return (owner is null ? null : Array.Find(silos, s => s.ToParsableString() == owner)) ?? (silos.Contains(context.LocalSilo) ? context.LocalSilo : silos[0]);
    }

    private async Task<string?> AskAsync(KeyAddress key)
    {
        try
        {
            return (await grains.GetGrain<IJobGrain>(key.Job).FindKeyAsync(key.Uid, key.KeyHash).WaitAsync(s_patience))?.Silo;
        }
        catch (Exception e) when (e is OrleansException or TimeoutException or JobRefusedException)
        {
            return null;
        }
    }
}
