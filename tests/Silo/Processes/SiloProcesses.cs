using System.Globalization;
using OrleansStream.Client;
using OrleansStream.Service;
using OrleansStream.SiloTests.Packages;
using OrleansStream.SiloTests.Rest;

namespace OrleansStream.SiloTests.Processes;

/// <summary>A cluster of silo processes on loopback, with a server for membership that is theirs.</summary>
internal sealed class SiloProcesses : IAsyncDisposable
{
    private readonly IMembershipServer _membership;
    private readonly (int SiloPort, int RestPort)[] _ports;
    private readonly SiloProcess[] _silos;

    private SiloProcesses(TemporaryFolder folder, IMembershipServer membership, int silos)
    {
        Folder = folder;
        _membership = membership;
        _ports = [.. Enumerable.Range(0, silos).Select(_ => (SiloProcess.FreePort(), SiloProcess.FreePort()))];
        _silos = [.. Enumerable.Range(0, silos).Select(Start)];
        Client = StreamClient.Connect(
            string.Join(',', _ports.Select(p => $"http://127.0.0.1:{p.RestPort}")),
            new StreamClientOptions { Token = RestFixture.AdminToken, PollInterval = TimeSpan.FromMilliseconds(200), RetryFor = TimeSpan.FromSeconds(60), Timeout = TimeSpan.FromSeconds(10) });
    }

    public TemporaryFolder Folder { get; }

    public StreamClient Client { get; }

    /// <summary>Starts silos that find each other by Redis.</summary>
    public static async Task<SiloProcesses> StartAsync(int silos)
    {
        TemporaryFolder folder = new();
        return await StartAsync(silos, folder, await RedisProcess.StartAsync(folder.Path));
    }

    /// <summary>Starts silos; the server ends with them.</summary>
    public static async Task<SiloProcesses> StartAsync(int silos, TemporaryFolder folder, IMembershipServer membership)
    {
        SiloProcesses cluster = new(folder, membership, silos);
        foreach (SiloProcess silo in cluster._silos)
        {
            await silo.WhenReadyAsync();
        }

        return cluster;
    }

    public SiloProcess this[int silo] => _silos[silo];

    /// <summary>Starts a silo again, at the same addresses, once it has ended.</summary>
    public async Task StartAgainAsync(int silo)
    {
        await _silos[silo].Process.WaitForExitAsync();
        _silos[silo].Dispose();
        _silos[silo] = Start(silo);
    }

    /// <summary>Starts silos again that have ended by themselves, since the others had declared them dead.</summary>
    public async Task StartEndedAsync()
    {
        for (int i = 0; i < _silos.Length; i++)
        {
            if (_silos[i].Process.HasExited)
            {
                await StartAgainAsync(i);
            }
        }
    }

    public async Task<StreamJob> SubmitAsync(string name, long count, double rate)
    {
        PackageInfo package = await Client.UploadAsync(SamplePackage.Assembly);
        return await Client.SubmitAsync(package.Id, "CountJob", new Dictionary<string, string>
        {
            ["job.name"] = name,
            ["parallelism"] = "3",
            ["checkpointing.interval"] = "200ms",
            ["set.count"] = count.ToString(CultureInfo.InvariantCulture),
            ["set.rate"] = rate.ToString(CultureInfo.InvariantCulture),
            ["set.output"] = Folder.At(name),
        });
    }

    /// <summary>How many files a job has committed.</summary>
    public int Commits(string name) => Directory.Exists(Folder.At(name)) ? Directory.EnumerateFiles(Folder.At(name), "part-*").Count() : 0;

    /// <summary>What the silos wrote last, for the message of a failure.</summary>
    public string Tails() => string.Join("\n", _silos.Select((s, i) => $"--- silo {i}\n{string.Join('\n', s.Process.Output.Split('\n').TakeLast(25))}\n{s.Process.Errors}"));

    public async ValueTask DisposeAsync()
    {
        await Client.DisposeAsync();
        foreach (SiloProcess silo in _silos)
        {
            silo.Dispose();
        }

        _membership.Dispose();
        Folder.Dispose();
    }

    private SiloProcess Start(int silo) => SiloProcess.Start(
        Folder.Path,
        "--cluster.kind", _membership.Kind, "--cluster.connection-string", _membership.ConnectionString, "--silo.address", "127.0.0.1", "--silo.workers", "2", "--silo.name", $"silo-{silo}",
        "--silo.port", _ports[silo].SiloPort.ToString(CultureInfo.InvariantCulture), "--rest.url", $"http://127.0.0.1:{_ports[silo].RestPort}",
        "--cluster.probe-timeout", "500ms", "--cluster.missed-probes", "2", "--silo.heartbeat", "250ms", "--silo.shutdown-timeout", "20s",
        "--defaults.taskhost.heartbeat", "250ms", "--defaults.taskhost.lease", "2s", "--defaults.restart.initial-delay", "100ms", "--defaults.restart.max-delay", "1s");
}
