using Orleans.Concurrency;
using Orleans.Placement;

namespace OrleansStream.Bench.Silos;

/// <summary>Takes bytes and does nothing: the limit of what a call between silos can carry.</summary>
public interface IRawGrain : IGrainWithIntegerKey
{
    /// <summary>Takes a frame.</summary>
    Task TakeAsync(Immutable<byte[]> frame);
}

/// <inheritdoc cref="IRawGrain"/>
[Reentrant]
[PreferLocalPlacement]
public sealed class RawGrain : Grain, IRawGrain
{
    /// <inheritdoc/>
    public Task TakeAsync(Immutable<byte[]> frame) => Task.CompletedTask;
}
