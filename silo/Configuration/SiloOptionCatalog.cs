using System.Globalization;
using OrleansStream.Hosting;

namespace OrleansStream.Silo;

/// <summary>Every option of a silo: what its file, environment and command line are read by, and what <c>--help</c> prints. Defaults of job options come beside them, as <c>defaults.</c> and the job's key.</summary>
public static class SiloOptionCatalog
{
    private static readonly SiloSettings s_defaults = new();

    /// <summary>All options, in the order in which help shows them.</summary>
    public static IReadOnlyList<SiloOption> All { get; } =
    [
        Words<ClusterKind>("cluster.kind", s => s.Cluster, (s, v) => s with { Cluster = v }, "How silos find each other; none: one process on its own."),
        Text("cluster.id", s_defaults.ClusterId, (s, v) => s with { ClusterId = v }, "Silos with the same id are one cluster."),
        Text("cluster.service-id", s_defaults.ServiceId, (s, v) => s with { ServiceId = v }, "What the list of jobs is kept under, over all deployments."),
        Text("cluster.connection-string", "none", (s, v) => s with { ConnectionString = v }, "Of the database, of Redis or of the storage account."),
        Whole("cluster.primary-port", s => s.PrimaryPort, (s, v) => s with { PrimaryPort = v }, "With localhost: the silo port of the silo that holds the membership."),
        Duration("cluster.probe-timeout", s => s.ProbeTimeout, (s, v) => s with { ProbeTimeout = v }, "How long a silo waits for the answer to a probe."),
        Whole("cluster.missed-probes", s => s.MissedProbes, (s, v) => s with { MissedProbes = v }, "After so many unanswered probes a silo is suspected."),
        Text("silo.name", "the machine's name", (s, v) => s with { Name = v }, "The silo's name in logs and lists."),
        Text("silo.address", "loopback, or the machine's first address", (s, v) => s with { Address = v }, "The IP address at which the other silos reach this one."),
        Whole("silo.port", s => s.Port, (s, v) => s with { Port = v }, "Where the other silos reach this one."),
        Of("silo.workers", OptionText.Number, "processor cores", OptionText.ReadInt, (s, v) => s with { Workers = v }, "Worker threads, and the silo's share of subtasks."),
        Duration(
            "silo.shutdown-timeout", s => s.ShutdownTimeout, (s, v) => s with { ShutdownTimeout = v }, "How long a silo that is told to end hands over; then it ends at once."),
        Duration(
            "silo.heartbeat", s => s.Heartbeat, (s, v) => s with { Heartbeat = v }, "How often a silo tells jobs that it runs subtasks of them; silent for three times this, it counts as lost."),
        Text("event-hubs.name", "none", (s, v) => Hubs(s, h => h with { Name = v }), "With azure: a hub of Event Hubs that the silos have as a stream provider."),
        Text("event-hubs.connection-string", "none", (s, v) => Hubs(s, h => h with { ConnectionString = v }), "Of the namespace of the hub."),
        Text("event-hubs.consumer-group", s_defaults.EventHubs.ConsumerGroup, (s, v) => Hubs(s, h => h with { ConsumerGroup = v }), "The consumer group that reads the hub."),
        Text("event-hubs.provider", s_defaults.EventHubs.Provider, (s, v) => Hubs(s, h => h with { Provider = v }), "What jobs call the stream provider."),
        Text("rest.url", s_defaults.Rest.Url, (s, v) => Rest(s, r => r with { Url = v }), "Where REST listens; anything but loopback needs rest.token, https needs rest.certificate."),
        Text("rest.token", "none", (s, v) => Rest(s, r => r with { Token = v }), "What a request has to bring; at least 16 characters."),
        Text("rest.admin-token", "none", (s, v) => Rest(s, r => r with { AdminToken = v }), "What uploading and deleting packages needs; at least 16 characters."),
        Text("rest.certificate", "none", (s, v) => Rest(s, r => r with { Certificate = v }), "The file of the certificate for https: a PFX, or a PEM."),
        Text("rest.certificate-key", "in rest.certificate", (s, v) => Rest(s, r => r with { CertificateKey = v }), "The file of the private key of a PEM certificate."),
        Text("rest.certificate-password", "none", (s, v) => Rest(s, r => r with { CertificatePassword = v }), "The password of the PFX, or of the key."),
        Size("rest.max-body", s => s.Rest.MaxBody, (s, v) => Rest(s, r => r with { MaxBody = v }), "Bytes of a request, but for uploads."),
        Text("checkpoints.directory", "required", (s, v) => Jobs(s, j => j with { CheckpointDirectory = v }), "Where logs, checkpoints and savepoints of all jobs go; all silos share it."),
        Text("packages.directory", "none", (s, v) => Jobs(s, j => j with { PackageDirectory = v }), "Where uploaded packages are; all silos share it."),
        Size("packages.max-bytes", s => s.Jobs.PackageLimits.Bytes, (s, v) => Packages(s, p => p with { Bytes = v }), "Bytes of all files of a package, unpacked."),
        Whole("packages.max-files", s => s.Jobs.PackageLimits.Files, (s, v) => Packages(s, p => p with { Files = v }), "Files of a package."),
        Whole("packages.max-count", s => s.Jobs.MaxPackages, (s, v) => Jobs(s, j => j with { MaxPackages = v }), "Packages that there may be."),
        Whole("jobs.max-running", s => s.Jobs.MaxRunning, (s, v) => Jobs(s, j => j with { MaxRunning = v }), "Jobs that may run at once."),
        Whole("jobs.max-ended", s => s.Jobs.MaxEnded, (s, v) => Jobs(s, j => j with { MaxEnded = v }), "Jobs that have ended and stay in the list."),
        Whole("jobs.max-operators", s => s.Jobs.MaxOperators, (s, v) => Jobs(s, j => j with { MaxOperators = v }), "Operators that a job's graph may have."),
        Duration("jobs.key-patience", s => s.Jobs.KeyPatience, (s, v) => Jobs(s, j => j with { KeyPatience = v }), "How long a question or message to a key is tried while its job starts or restarts, before the asker is told."),
        Words<Microsoft.Extensions.Logging.LogLevel>("log.level", s => s.LogLevel, (s, v) => s with { LogLevel = v }, "The least level that is logged."),
    ];

    /// <summary>Finds an option by its key, whatever the case and the hyphens.</summary>
    /// <param name="key">The key as written.</param>
    /// <returns>The option; null if there is none.</returns>
    public static SiloOption? Find(string key)
    {
        ArgumentNullException.ThrowIfNull(key);
        string bare = OptionText.Bare(key);
        return All.FirstOrDefault(o => OptionText.Bare(o.Key) == bare);
    }

    private static SiloSettings Hubs(SiloSettings settings, Func<EventHubSettings, EventHubSettings> change) => settings with { EventHubs = change(settings.EventHubs) };

    private static SiloSettings Rest(SiloSettings settings, Func<RestOptions, RestOptions> change) => settings with { Rest = change(settings.Rest) };

    private static SiloSettings Jobs(SiloSettings settings, Func<JobServiceOptions, JobServiceOptions> change) => settings with { Jobs = change(settings.Jobs) };

    private static SiloSettings Packages(SiloSettings settings, Func<PackageLimits, PackageLimits> change) => Jobs(settings, j => j with { PackageLimits = change(j.PackageLimits) });

    private static SiloOption Text(string key, string defaultText, Func<SiloSettings, string, SiloSettings> set, string description) =>
        Of(key, OptionText.Text, defaultText, text => text, set, description);

    private static SiloOption Whole(string key, Func<SiloSettings, int> get, Func<SiloSettings, int, SiloSettings> set, string description) =>
        Of(key, OptionText.Number, get(s_defaults).ToString(CultureInfo.InvariantCulture), OptionText.ReadInt, set, description);

    private static SiloOption Size(string key, Func<SiloSettings, long> get, Func<SiloSettings, long, SiloSettings> set, string description) =>
        Of(key, OptionText.Size, OptionText.WriteSize(get(s_defaults)), OptionText.ReadSize, set, description);

    private static SiloOption Duration(string key, Func<SiloSettings, TimeSpan> get, Func<SiloSettings, TimeSpan, SiloSettings> set, string description) =>
        Of(key, OptionText.Duration, OptionText.WriteDuration(get(s_defaults)), OptionText.ReadDuration, set, description);

    private static SiloOption Words<TEnum>(string key, Func<SiloSettings, TEnum> get, Func<SiloSettings, TEnum, SiloSettings> set, string description) where TEnum : struct, Enum =>
        Of(key, OptionText.Words<TEnum>(), OptionText.WriteEnum(get(s_defaults)), OptionText.ReadEnum<TEnum>, set, description);

    private static SiloOption Of<T>(string key, string type, string defaultText, Func<string, T> read, Func<SiloSettings, T, SiloSettings> set, string description) =>
        new(key, type, defaultText, description, (s, text) => set(s, read(text)));
}
