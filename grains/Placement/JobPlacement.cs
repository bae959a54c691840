using Microsoft.Extensions.DependencyInjection;
using Orleans.Placement;
using Orleans.Runtime;
using Orleans.Runtime.Placement;

namespace OrleansStream.Grains;

/// <summary>The grain's key is a job's id, and it belongs on the silo that runs the job's master.</summary>
[AttributeUsage(AttributeTargets.Class)]
internal sealed class JobPlacementAttribute() : PlacementAttribute(new JobPlacement());

/// <inheritdoc cref="JobPlacementAttribute"/>
[Serializable]
internal sealed class JobPlacement : PlacementStrategy;

/// <summary>
/// Follows the masters: a silo that has subtasks of the job knows its master's silo, all others ask the dispatcher. Where that silo is gone, the silo that asks takes the grain if it has subtasks of the job, since it
/// lives and knows the job; else any does. A hint, such as that of a grain that moves to its master, comes first.
/// </summary>
internal sealed class JobPlacementDirector(IServiceProvider services, IGrainFactory grains) : IPlacementDirector
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(2);

    // Grain placement is there before the node is.
    private SiloNode Node => services.GetRequiredService<SiloNode>();

    public async Task<SiloAddress> OnAddActivation(PlacementStrategy strategy, PlacementTarget target, IPlacementContext context)
    {
        string job = target.GrainIdentity.Key.ToString()!;
        SiloAddress[] silos = context.GetCompatibleSilos(target);
        if (IPlacementDirector.GetPlacementHint(target.RequestContextData, silos) is { } hint)
        {
            return hint;
        }

        SiloNode node = Node;
        JobSighting? seen = node.FindSighting(job);
        if (Find(silos, node, seen?.Master) is { } known)
        {
            return known;
        }

        if (Find(silos, node, await AskAsync(job)) is { } told)
        {
            return told;
        }

        return seen is not null && silos.Contains(context.LocalSilo) ? context.LocalSilo : silos[Random.Shared.Next(silos.Length)];
    }

    private static SiloAddress? Find(SiloAddress[] silos, SiloNode node, string? name) =>
        name is null || node.Silos.IsBroken(name) ? null : Array.Find(silos, s => s.ToParsableString() == name);

    private async Task<string?> AskAsync(string job)
    {
        try
        {
            return await grains.GetGrain<IDispatcherGrain>(0).FindMasterAsync(job).WaitAsync(s_patience);
        }
        catch (Exception e) when (e is OrleansException or TimeoutException)
        {
            return null;
        }
    }
}
