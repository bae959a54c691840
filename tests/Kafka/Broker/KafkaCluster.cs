using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace OrleansStream.Kafka.Broker;

/// <summary>Brokers of a test's own, which it may kill; or the one that was given.</summary>
internal sealed class KafkaCluster : IAsyncDisposable
{
    private readonly string? _folder;
    private readonly int _port;

    private KafkaCluster(string servers, string? folder, int port)
    {
        Servers = servers;
        _folder = folder;
        _port = port;
    }

    public string Servers { get; }

    /// <summary>Starts brokers.</summary>
    /// <param name="nodes">How many.</param>
    /// <param name="settings">Settings of theirs beside the usual ones, as key=value.</param>
    public static async Task<KafkaCluster> StartAsync(int nodes = 1, params string[] settings)
    {
        if (KafkaTool.Path is null)
        {
            return new KafkaCluster(KafkaTool.GivenServers!, null, 0);
        }

        string folder = Directory.CreateTempSubdirectory("ostream-kafka-").FullName;
        int port = FreePort(nodes);
        string output = await KafkaTool.RunAsync([
            "start", "--dir", folder, "--port", Text(port), "--nodes", Text(nodes), "--set", "broker.session.timeout.ms=2000", "--set", "transaction.state.log.num.partitions=4",
            "--set", "offsets.topic.num.partitions=4", .. settings.SelectMany(s => new[] { "--set", s })]);
        string servers = output.Split('\n').First(l => l.Contains("KAFKA_BOOTSTRAP=", StringComparison.Ordinal)).Split('=', 2)[1].Trim();
        return new KafkaCluster(servers, folder, port);
    }

    public Task KillAsync(int node = 0) => KafkaTool.RunAsync("kill", "--node", Text(node), "--dir", _folder!, "--port", Text(_port));

    public Task RestartAsync(int node = 0) => KafkaTool.RunAsync("restart", "--node", Text(node), "--dir", _folder!, "--port", Text(_port));

    /// <summary>Runs one of Kafka's own tools against the brokers.</summary>
    public async Task<string[]> AskAsync(string tool, params string[] arguments) =>
        [.. (await KafkaTool.RunAsync(["tool", tool, "--bootstrap-server", Servers, .. arguments])).Split('\n').Select(l => l.TrimEnd()).Where(l => l.Length > 0)];

    public async ValueTask DisposeAsync()
    {
        if (_folder is not null)
        {
            await KafkaTool.RunAsync("stop", "--dir", _folder, "--port", Text(_port));
            Directory.Delete(_folder, recursive: true);
        }
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    // Node i uses the ports P + 10·i and P + 10·i + 1.
    private static int FreePort(int nodes)
    {
        for (int tries = 0; tries < 200; tries++)
        {
            int port = Random.Shared.Next(2000, 3000) * 10;
            if (Enumerable.Range(0, nodes).All(i => IsFree(port + (10 * i)) && IsFree(port + (10 * i) + 1)))
            {
                return port;
            }
        }

        throw new InvalidOperationException("No free ports were found.");
    }

    private static bool IsFree(int port)
    {
        try
        {
            using TcpListener listener = new(IPAddress.Loopback, port);
            listener.Start();
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
