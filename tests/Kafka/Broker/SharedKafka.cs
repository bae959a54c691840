namespace OrleansStream.Kafka.Broker;

/// <summary>One broker for all tests that leave it alone.</summary>
public sealed class SharedKafka : IAsyncLifetime
{
    private KafkaCluster? _cluster;

    internal KafkaCluster Cluster => _cluster!;

    public async Task InitializeAsync()
    {
        if (KafkaTool.Path is not null || KafkaTool.GivenServers is not null)
        {
            _cluster = await KafkaCluster.StartAsync();
        }
    }

    public async Task DisposeAsync()
    {
        if (_cluster is not null)
        {
            await _cluster.DisposeAsync();
        }
    }
}

/// <summary>The tests of sources and sinks, which share a broker, one after the other.</summary>
[CollectionDefinition(Name)]
public sealed class SharedKafkaTests : ICollectionFixture<SharedKafka>
{
    public const string Name = "Kafka";
}

/// <summary>The tests that run jobs as processes and kill them, one after the other; with a broker of their own, so that they run beside the others.</summary>
[CollectionDefinition(Name)]
public sealed class KilledJobTests : ICollectionFixture<SharedKafka>
{
    public const string Name = "Kafka, killed jobs";
}
