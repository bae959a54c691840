using System.Collections;
using System.Globalization;
using OrleansStream.Silo;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;
using YamlDotNet.Serialization;

namespace OrleansStream.SiloTests.Configuration;

/// <summary>The files in deploy: they are YAML, and every option that they give is one, with a value that a silo takes.</summary>
public sealed class DeployFilesTests : IDisposable
{
    private static readonly string s_deploy = Path.Combine(Repository.Root, "deploy");
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void The_broker_of_the_example_is_where_the_example_looks_for_it()
    {
        Dictionary<object, object> compose = (Dictionary<object, object>)Documents("compose/kafka.yaml").Single();
        Dictionary<object, object> broker = (Dictionary<object, object>)((Dictionary<object, object>)compose["services"])["kafka"];
        Assert.Equal(["127.0.0.1:9092:9092"], ((List<object>)broker["ports"]).Cast<string>());
        string program = File.ReadAllText(Path.Combine(Repository.Root, "examples", "Kafka", "ComposedKafka.cs"));
        Assert.Contains("Servers = \"localhost:9092\"", program, StringComparison.Ordinal);
    }

    [Fact]
    public void Compose_gives_every_silo_options_that_it_takes()
    {
        Dictionary<object, object> compose = (Dictionary<object, object>)Documents("compose/compose.yaml").Single();
        Dictionary<object, object> services = (Dictionary<object, object>)compose["services"];
        string[] silos = [.. services.Keys.Cast<string>().Where(n => n.StartsWith("silo-", StringComparison.Ordinal))];
        Assert.Equal(["silo-1", "silo-2"], silos);
        foreach (string name in silos)
        {
            Dictionary<object, object> silo = (Dictionary<object, object>)services[name];
            Hashtable environment = [];
            foreach ((object key, object value) in (Dictionary<object, object>)silo["environment"])
            {
                environment[(string)key] = Filled((string)value);
            }

            Assert.All(environment.Keys.Cast<string>(), k => Assert.StartsWith(SiloSettingsReader.EnvironmentPrefix, k, StringComparison.Ordinal));
            SiloSettings settings = SiloSettingsReader.Read([], environment, _folder.Path);
            Assert.Equal((name, ClusterKind.Redis), (settings.Name, settings.Cluster));
            RequireGrace(TimeSpan.FromSeconds(double.Parse(((string)silo["stop_grace_period"]).TrimEnd('s'), CultureInfo.InvariantCulture)), settings);
            Assert.StartsWith("/data/", settings.Jobs.CheckpointDirectory, StringComparison.Ordinal);
            Assert.Contains("data:/data", ((List<object>)silo["volumes"]).Cast<string>());
        }
    }

    [Fact]
    public void Kubernetes_gives_every_silo_options_that_it_takes_and_probes_that_exist()
    {
        Dictionary<object, object>[] documents = [.. Documents("kubernetes/silo.yaml").Cast<Dictionary<object, object>>()];
        Assert.Equal(["ConfigMap", "PersistentVolumeClaim", "Service", "Service", "PodDisruptionBudget", "StatefulSet"], documents.Select(d => (string)d["kind"]));
        Assert.All(documents, d => Assert.StartsWith("orleansstream", (string)At(d, "metadata", "name"), StringComparison.Ordinal));
        string file = (string)At(documents[0], "data", SiloSettingsReader.FileName);
        File.WriteAllText(_folder.At("config.json"), file);

        Dictionary<object, object> pod = (Dictionary<object, object>)At(documents[^1], "spec", "template", "spec");
        Dictionary<object, object> container = (Dictionary<object, object>)Assert.Single((List<object>)pod["containers"]);
        string[] arguments = [.. ((List<object>)container["args"]).Cast<string>()];
        string mount = (string)((Dictionary<object, object>)((List<object>)container["volumeMounts"])[0])["mountPath"];
        Assert.Equal(["--config", $"{mount}/{SiloSettingsReader.FileName}"], arguments);
        Hashtable environment = [];
        foreach (Dictionary<object, object> variable in ((List<object>)container["env"]).Cast<Dictionary<object, object>>())
        {
            // What the cluster fills in: an address where one is needed, any text elsewhere.
            environment[(string)variable["name"]] = ((string)variable["name"]).EndsWith("ADDRESS", StringComparison.Ordinal) ? "10.0.0.7" : $"filled in for {variable["name"]}";
        }

        SiloSettings settings = SiloSettingsReader.Read(["--config", "config.json"], environment, _folder.Path);
        Assert.Equal(ClusterKind.Redis, settings.Cluster);
        Assert.Equal("10.0.0.7", settings.Address);
        RequireGrace(TimeSpan.FromSeconds(double.Parse((string)pod["terminationGracePeriodSeconds"], CultureInfo.InvariantCulture)), settings);
        Dictionary<string, string> ports = ((List<object>)container["ports"]).Cast<Dictionary<object, object>>().ToDictionary(p => (string)p["name"], p => (string)p["containerPort"]);
        Assert.Equal(new Uri(settings.Rest.Url).Port, int.Parse(ports["rest"], CultureInfo.InvariantCulture));
        Assert.Equal(settings.Port, int.Parse(ports["silo"], CultureInfo.InvariantCulture));
        foreach ((string probe, string path) in new[] { ("startupProbe", "/health/ready"), ("readinessProbe", "/health/ready"), ("livenessProbe", "/health/live") })
        {
            Assert.Equal((path, "rest"), ((string)At(container, probe, "httpGet", "path"), (string)At(container, probe, "httpGet", "port")));
        }
    }

    [Fact]
    public void The_page_on_deployment_lists_every_option_with_its_default()
    {
        string[] expected = [.. SiloOptionCatalog.All.Select(o => $"| `{o.Key}` | {o.Type.Replace("|", ", ", StringComparison.Ordinal)} | {o.Default} | {o.Description} |")];
        string[] actual = [.. File.ReadAllLines(Path.Combine(Repository.Root, "docs", "deploy.md")).Where(line => line.StartsWith("| `", StringComparison.Ordinal))];
        Assert.True(expected.SequenceEqual(actual), "docs/deploy.md should have these rows:\n" + string.Join("\n", expected));
    }

    private static void RequireGrace(TimeSpan grace, SiloSettings settings) =>
        Assert.True(grace > settings.ShutdownTimeout, $"The process is killed after {grace}, before silo.shutdown-timeout, {settings.ShutdownTimeout}, is over.");

    // ${NAME:?} is what the file .env fills in.
    private static string Filled(string value) => System.Text.RegularExpressions.Regex.Replace(value, @"\$\{(\w+):\?\}", "filled-in-for-$1");

    private static object At(Dictionary<object, object> map, params string[] path) => path.Aggregate((object)map, (at, key) => ((Dictionary<object, object>)at)[key]);

    private static List<object> Documents(string file)
    {
        using StringReader text = new(File.ReadAllText(Path.Combine(s_deploy, file)));
        IDeserializer deserializer = new DeserializerBuilder().Build();
        MergingParser parser = new(new Parser(text));
        parser.Consume<StreamStart>();
        List<object> documents = [];
        while (parser.Accept<DocumentStart>(out _))
        {
            documents.Add(deserializer.Deserialize<object>(parser)!);
        }

        return documents;
    }
}
