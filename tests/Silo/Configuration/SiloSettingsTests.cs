using System.Collections;
using OrleansStream.Silo;

namespace OrleansStream.SiloTests.Configuration;

/// <summary>What a silo is told from outside.</summary>
public sealed class SiloSettingsTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void The_command_line_goes_before_the_environment_before_the_file()
    {
        File.WriteAllText(_folder.At(SiloSettingsReader.FileName), """
            { "checkpoints.directory": "file", "silo": { "name": "file", "port": 1 }, "rest.max-body": "2MiB", "defaults": { "parallelism": 3, "checkpointing": { "interval": "5s" } } }
            """);
        SiloSettings settings = Read(["--silo.name=line", "--jobs.max-running", "7"], ("OSILO_SILO__NAME", "environment"), ("OSILO_SILO__PORT", "2"), ("OSILO_DEFAULTS__PARALLELISM", "4"), ("PATH", "x"));
        Assert.Equal(("line", 2, "file"), (settings.Name, settings.Port, settings.Jobs.CheckpointDirectory));
        Assert.Equal((2L << 20, 7), (settings.Rest.MaxBody, settings.Jobs.MaxRunning));
        Assert.Equal((4, TimeSpan.FromSeconds(5)), (settings.Jobs.JobDefaults.Parallelism, settings.Jobs.JobDefaults.Checkpointing.Interval));
    }

    [Fact]
    public void Another_file_can_be_named_and_must_be_there()
    {
        File.WriteAllText(_folder.At("other.json"), """{ "checkpoints": { "directory": "ckpt" } }""");
        Assert.Equal("ckpt", Read(["--config", "other.json"]).Jobs.CheckpointDirectory);
        Assert.Contains("there is no such file", Refusal(["--config", "none.json"]), StringComparison.Ordinal);
        File.WriteAllText(_folder.At("broken.json"), "{");
        Assert.Contains("broken.json", Refusal(["--config=broken.json"]), StringComparison.Ordinal);
    }

    [Fact]
    public void All_mistakes_are_said_at_once()
    {
        string message = Refusal(
            ["--rest.ulr", "http://localhost:1", "--silo.port=0", "--cluster.kind", "zookeeper", "--silo.heartbeat=1ms", "--jobs.key-patience=-1s", "stray", "--rest.token"],
            ("OSILO_REST__URL", "http://0.0.0.0:80"), ("OSILO_DEFAULTS__PARALELISM", "4"), ("OSILO_DEFAULTS__RESUME", "true"));
        Assert.Contains("--rest.ulr: there is no such option. The nearest is rest.url", message, StringComparison.Ordinal);
        Assert.Contains("silo.port = 0: must be from 1 to 65535", message, StringComparison.Ordinal);
        Assert.Contains("--cluster.kind = zookeeper: is none of none, localhost, postgres, redis, azure", message, StringComparison.Ordinal);
        Assert.Contains("silo.heartbeat = 1ms: must be at least 10ms", message, StringComparison.Ordinal);
        Assert.Contains("jobs.key-patience = -1s: must not be negative", message, StringComparison.Ordinal);
        Assert.Contains("stray: options begin with --", message, StringComparison.Ordinal);
        Assert.Contains("--rest.token: needs a value", message, StringComparison.Ordinal);
        Assert.Contains("is not loopback, which needs rest.token", message, StringComparison.Ordinal);
        Assert.Contains("OSILO_DEFAULTS__PARALELISM (environment): is no option of jobs", message, StringComparison.Ordinal);
        Assert.Contains("OSILO_DEFAULTS__RESUME (environment): is no option of jobs that has a default here", message, StringComparison.Ordinal);
        Assert.Contains("checkpoints.directory = : must be given", message, StringComparison.Ordinal);
        Assert.StartsWith("11 options are wrong", message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("redis", null, "must be given with cluster.kind = redis")]
    [InlineData("postgres", null, "must be given with cluster.kind = postgres")]
    [InlineData("localhost", "Host=db;Password=xyzzy", "has no meaning with cluster.kind = localhost")]
    public void A_connection_string_is_there_where_it_is_needed_and_never_shown(string kind, string? connection, string message)
    {
        string[] arguments = ["--checkpoints.directory", "c", "--cluster.kind", kind, .. connection is null ? [] : new[] { "--cluster.connection-string", connection }];
        string refusal = Refusal(arguments);
        Assert.Contains(message, refusal, StringComparison.Ordinal);
        Assert.DoesNotContain("xyzzy", refusal, StringComparison.Ordinal);
    }

    [Fact]
    public void A_hub_needs_its_connection_string_and_azure()
    {
        Assert.Contains("event-hubs.name = orders: needs event-hubs.connection-string", Refusal(["--checkpoints.directory", "c", "--event-hubs.name", "orders"]), StringComparison.Ordinal);
        string redis = Refusal(
            ["--checkpoints.directory", "c", "--cluster.kind", "redis", "--cluster.connection-string", "x", "--event-hubs.name", "orders", "--event-hubs.connection-string", "Endpoint=xyzzy"]);
        Assert.Contains("event-hubs.name = orders: needs cluster.kind = azure", redis, StringComparison.Ordinal);
        Assert.DoesNotContain("xyzzy", redis, StringComparison.Ordinal);
        SiloSettings settings = Read(
            ["--checkpoints.directory", "c", "--cluster.kind", "azure", "--cluster.connection-string", "x", "--event-hubs.name", "orders", "--event-hubs.connection-string", "y"]);
        Assert.Equal(("orders", "y", "$Default", "event-hubs"), (settings.EventHubs.Name, settings.EventHubs.ConnectionString, settings.EventHubs.ConsumerGroup, settings.EventHubs.Provider));
    }

    [Fact]
    public void Every_option_can_be_given_in_the_environment_and_changes_something()
    {
        Dictionary<string, string> samples = new()
        {
            ["duration"] = "123s", ["size"] = "123456", ["number"] = "123", ["text"] = "some-text-that-is-long",
        };
        SiloSettings defaults = new();
        foreach (SiloOption option in SiloOptionCatalog.All)
        {
            string value = samples.GetValueOrDefault(option.Type) ?? option.Type.Split('|').First(w => w != option.Default);
            Assert.NotEqual(defaults, option.Apply(defaults, value));
            Assert.Same(option, SiloOptionCatalog.Find(option.Variable[SiloSettingsReader.EnvironmentPrefix.Length..].Replace("__", ".", StringComparison.Ordinal)));
        }

        Assert.Equal(["cluster.connection-string", "event-hubs.connection-string", "rest.token", "rest.admin-token", "rest.certificate-password"], SiloOptionCatalog.All.Where(o => o.IsSecret).Select(o => o.Key));
    }

    private SiloSettings Read(string[] arguments, params (string Name, string Value)[] environment)
    {
        Hashtable variables = [];
        foreach ((string name, string value) in environment)
        {
            variables[name] = value;
        }

        return SiloSettingsReader.Read(arguments, variables, _folder.Path);
    }

    private string Refusal(string[] arguments, params (string Name, string Value)[] environment) => Assert.Throws<OptionsException>(() => Read(arguments, environment)).Message;
}
