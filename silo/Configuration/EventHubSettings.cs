namespace OrleansStream.Silo;

/// <summary>A hub of Azure Event Hubs that the silos have as a stream provider; with <c>cluster.kind = azure</c> only.</summary>
public sealed record EventHubSettings
{
    /// <summary><c>event-hubs.name</c>: the hub. Default: none.</summary>
    public string? Name { get; init; }

    /// <summary><c>event-hubs.connection-string</c>: of the namespace of the hub. Required with a hub.</summary>
    public string? ConnectionString { get; init; }

    /// <summary><c>event-hubs.consumer-group</c>: the consumer group. Default: <c>$Default</c>.</summary>
    public string ConsumerGroup { get; init; } = "$Default";

    /// <summary><c>event-hubs.provider</c>: what jobs call the stream provider. Default: <c>event-hubs</c>.</summary>
    public string Provider { get; init; } = "event-hubs";

    internal void Validate(ClusterKind cluster, Action<bool, string, object?, string> check)
    {
        check((Name is null) == (ConnectionString is null), "event-hubs.name", Name, "needs event-hubs.connection-string, and that needs it");
        check(Name is null || cluster == ClusterKind.Azure, "event-hubs.name", Name, "needs cluster.kind = azure");
        check(!string.IsNullOrWhiteSpace(ConsumerGroup), "event-hubs.consumer-group", ConsumerGroup, "must not be blank");
        check(!string.IsNullOrWhiteSpace(Provider), "event-hubs.provider", Provider, "must not be blank");
    }
}
