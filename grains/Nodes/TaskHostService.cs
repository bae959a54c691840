using Microsoft.Extensions.Logging;
using Orleans.Concurrency;
using Orleans.Runtime;
using Orleans.Runtime.Services;

namespace OrleansStream.Grains;

/// <summary>Hands what comes for this silo to its <see cref="SiloNode"/>.</summary>
[Reentrant]
internal sealed class TaskHostService(SiloNode node, GrainId id, Silo silo, ILoggerFactory loggers) : GrainService(id, silo, loggers), ITaskHostService
{
    public Task ControlAsync(NodeParcel parcel)
    {
        node.Deliver(parcel);
        return Task.CompletedTask;
    }

    public async Task DeployAsync(JobSpec job, NodeParcel parcel)
    {
        // Off this scheduler: finding the code may load assemblies.
        await Task.Run(async () =>
        {
            await node.Jobs.AddAsync(job);
            node.Deliver(parcel);
        });
    }

    public Task DataAsync(NodeParcel parcel)
    {
        node.Deliver(parcel);
        return Task.CompletedTask;
    }

    public Task<KeyReply> KeyAsync(string job, int attempt, KeyRequest request) => node.DeliverAsync(job, request, attempt);

    public Task<SiloDescription> DescribeAsync() => Task.FromResult(node.Description);
}

/// <summary>Reaches the task hosts of other silos.</summary>
internal sealed class TaskHostClient(IServiceProvider services) : GrainServiceClient<ITaskHostService>(services)
{
    public ITaskHostService At(SiloAddress silo) => GetGrainService(silo);
}
