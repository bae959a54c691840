using System.Net;
using OrleansStream.Hosting;

namespace OrleansStream.Silo;

/// <summary>How silos find each other.</summary>
public enum ClusterKind
{
    /// <summary>There is no cluster: jobs run on threads of this process, and end with it.</summary>
    None,

    /// <summary>Silos on one machine, for development; the one at <c>cluster.primary-port</c> has to be up first.</summary>
    Localhost,

    /// <summary>A table of a Postgres database.</summary>
    Postgres,

    /// <summary>Redis.</summary>
    Redis,

    /// <summary>Tables of an Azure storage account; with the program <c>OrleansStream.Silo.Azure</c> only.</summary>
    Azure,
}

/// <summary>All that a silo is told from outside. Read by <see cref="SiloSettingsReader"/>; the keys are in <see cref="SiloOptionCatalog"/>.</summary>
public sealed record SiloSettings
{
    /// <summary><c>cluster.kind</c>: how silos find each other. Default: localhost.</summary>
    public ClusterKind Cluster { get; init; } = ClusterKind.Localhost;

    /// <summary><c>cluster.id</c>: silos with the same id are one cluster. Default: <c>orleansstream</c>.</summary>
    public string ClusterId { get; init; } = "orleansstream";

    /// <summary><c>cluster.service-id</c>: what the list of jobs is kept under; the same over all deployments. Default: <c>orleansstream</c>.</summary>
    public string ServiceId { get; init; } = "orleansstream";

    /// <summary><c>cluster.connection-string</c>: of the database, of Redis or of the storage account. Required but for none and localhost.</summary>
    public string? ConnectionString { get; init; }

    /// <summary><c>cluster.primary-port</c>: with localhost, the silo port of the silo that holds the membership. Default: 11111.</summary>
    public int PrimaryPort { get; init; } = 11111;

    /// <summary><c>cluster.probe-timeout</c>: how long a silo waits for the answer to a probe. Default: 2 s.</summary>
    public TimeSpan ProbeTimeout { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary><c>cluster.missed-probes</c>: after so many unanswered probes a silo is suspected. Default: 3.</summary>
    public int MissedProbes { get; init; } = 3;

    /// <summary><c>silo.name</c>: in logs and lists. Default: the machine's name.</summary>
    public string Name { get; init; } = Environment.MachineName;

    /// <summary><c>silo.address</c>: the IP address at which the other silos reach this one. Default: loopback with localhost, else the machine's first address.</summary>
    public string? Address { get; init; }

    /// <summary><c>silo.port</c>: where the other silos reach this one. Default: 11111.</summary>
    public int Port { get; init; } = 11111;

    /// <summary><c>silo.workers</c>: worker threads, and the silo's share of subtasks. Default: the number of processor cores.</summary>
    public int Workers { get; init; } = Environment.ProcessorCount;

    /// <summary><c>silo.shutdown-timeout</c>: how long a silo that is told to end hands over; then it ends at once. Default: 60 s.</summary>
    public TimeSpan ShutdownTimeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary><c>silo.heartbeat</c>: how often a silo tells jobs that it runs subtasks of them; silent for three times this, it counts as lost. Default: 1 s.</summary>
    public TimeSpan Heartbeat { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary><c>log.level</c>: the least level that is logged. Default: information.</summary>
    public Microsoft.Extensions.Logging.LogLevel LogLevel { get; init; } = Microsoft.Extensions.Logging.LogLevel.Information;

    /// <summary>Azure Event Hubs as a stream provider.</summary>
    public EventHubSettings EventHubs { get; init; } = new();

    /// <summary>REST.</summary>
    public RestOptions Rest { get; init; } = new();

    /// <summary>Jobs, packages and checkpoints.</summary>
    public JobServiceOptions Jobs { get; init; } = new() { CheckpointDirectory = "" };

    /// <summary>Lists what is wrong, each with the option, its value and the rule; nothing if all is well.</summary>
    public IReadOnlyList<string> Validate()
    {
        List<string> errors = [.. Jobs.Validate()];
        void Check(bool ok, string option, object? value, string rule)
        {
            if (!ok)
            {
                errors.Add($"{option} = {value}: {rule}");
            }
        }

        bool isDeployed = Cluster is ClusterKind.Postgres or ClusterKind.Redis or ClusterKind.Azure;
        Check(!string.IsNullOrWhiteSpace(ClusterId), "cluster.id", ClusterId, "must not be blank");
        Check(!string.IsNullOrWhiteSpace(ServiceId), "cluster.service-id", ServiceId, "must not be blank");
        Check(
            !isDeployed || !string.IsNullOrWhiteSpace(ConnectionString), "cluster.connection-string", "…",
            $"must be given with cluster.kind = {OptionText.WriteEnum(Cluster)}");
        Check(isDeployed || ConnectionString is null, "cluster.connection-string", "…", $"has no meaning with cluster.kind = {OptionText.WriteEnum(Cluster)}");
        Check(IsPort(PrimaryPort), "cluster.primary-port", PrimaryPort, "must be from 1 to 65535");
        Check(ProbeTimeout >= TimeSpan.FromMilliseconds(100), "cluster.probe-timeout", OptionText.WriteDuration(ProbeTimeout), "must be at least 100ms");
        Check(MissedProbes >= 1, "cluster.missed-probes", MissedProbes, "must be at least 1");
        Check(!string.IsNullOrWhiteSpace(Name), "silo.name", Name, "must not be blank");
        Check(Address is null || IPAddress.TryParse(Address, out _), "silo.address", Address, "must be an IP address");
        Check(IsPort(Port), "silo.port", Port, "must be from 1 to 65535");
        Check(Workers is >= 1 and <= 1024, "silo.workers", Workers, "must be from 1 to 1024");
        Check(ShutdownTimeout > TimeSpan.Zero, "silo.shutdown-timeout", OptionText.WriteDuration(ShutdownTimeout), "must be positive");
        Check(Heartbeat >= TimeSpan.FromMilliseconds(10), "silo.heartbeat", OptionText.WriteDuration(Heartbeat), "must be at least 10ms");
        EventHubs.Validate(Cluster, Check);
        Rest.Validate(Check);
        return errors;
    }

    private static bool IsPort(int port) => port is >= 1 and <= 65535;
}
