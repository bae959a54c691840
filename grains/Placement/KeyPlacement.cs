using Orleans.Placement;
using Orleans.Runtime;

namespace OrleansStream.Grains;

/// <summary>The grain's key is a <see cref="KeyAddress"/>, and it belongs on the silo that has the key.</summary>
[AttributeUsage(AttributeTargets.Class)]
internal sealed class KeyPlacementAttribute() : PlacementAttribute(new KeyPlacement());

/// <inheritdoc cref="KeyPlacementAttribute"/>
[Serializable]
internal sealed class KeyPlacement : PlacementStrategy;

/// <inheritdoc/>
internal sealed class KeyPlacementDirector(IGrainFactory grains) : SlotTableDirector
{
    protected override async Task<string?> FindOwnerAsync(string key) =>
        KeyAddress.TryParse(key) is { } address ? (await grains.GetGrain<IJobGrain>(address.Job).FindKeyAsync(address.Uid, address.KeyHash))?.Silo : null;
}
