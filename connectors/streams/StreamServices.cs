using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Orleans;
using Orleans.Runtime;
using Orleans.Serialization;
using Orleans.Streams;

namespace OrleansStream.Connectors.Streams;

/// <summary>What the connector needs of Orleans, found in the services of the host.</summary>
internal sealed class StreamServices
{
    private readonly string _owner;
    private readonly bool _isSilo;

    private StreamServices(string owner, IClusterClient client, bool isSilo)
    {
        _owner = owner;
        _isSilo = isSilo;
        Client = client;
        Log = client.ServiceProvider.GetService<ILoggerFactory>()?.CreateLogger("OrleansStream.Connectors.Streams") ?? NullLogger.Instance;
    }

    public IClusterClient Client { get; }

    public ILogger Log { get; }

    public Serializer Serializer => Client.ServiceProvider.GetRequiredService<Serializer>();

    /// <summary>Finds the services.</summary>
    /// <param name="services">Those of the host.</param>
    /// <param name="owner">The operator, for messages.</param>
    /// <exception cref="JobDefinitionException">The host knows nothing of Orleans.</exception>
    public static StreamServices Of(IServiceProvider services, string owner) =>
        services.GetService(typeof(IClusterClient)) is IClusterClient client
            ? new StreamServices(owner, client, services.GetService(typeof(ILocalSiloDetails)) is not null)
            : throw new JobDefinitionException($"'{owner}': this host has no part in an Orleans cluster. Run the job on silos (AddOrleansStream), or use another connector.");

    /// <summary>The provider of a name.</summary>
    /// <exception cref="JobDefinitionException">There is none.</exception>
    public IStreamProvider Provider(string name) => Client.ServiceProvider.GetKeyedService<IStreamProvider>(name)
        ?? throw new JobDefinitionException(
            $"'{_owner}': the host has no stream provider '{name}'. Add it to every silo (AddMemoryStreams, AddEventHubStreams and others), with a grain storage 'PubSubStore', or correct the name.");

    /// <summary>Refuses a host that is no silo: events are delivered to grains.</summary>
    /// <exception cref="JobDefinitionException">The host is none.</exception>
    public void RequireSilo()
    {
        if (!_isSilo)
        {
            throw new JobDefinitionException($"'{_owner}': reading streams of Orleans needs a silo, and this host is a client. Run the job on silos (AddOrleansStream).");
        }
    }
}
