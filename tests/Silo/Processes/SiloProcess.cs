using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.RegularExpressions;
using OrleansStream.Recovery;
using OrleansStream.SiloTests.Rest;

namespace OrleansStream.SiloTests.Processes;

/// <summary>A silo as a process of its own, and the command against it.</summary>
internal sealed partial class SiloProcess : IDisposable
{
    private readonly string _folder;

    private SiloProcess(TestProcess process, string folder)
    {
        Process = process;
        _folder = folder;
    }

    public TestProcess Process { get; }

    public string Url => ReadyLine().Match(Process.Output).Groups[1].Value;

    /// <summary>A port that nobody listens on now.</summary>
    public static int FreePort()
    {
        using TcpListener listener = new(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    /// <summary>The options of a cluster on this machine: none, or one of this silo alone.</summary>
    public static string[] Alone(string kind)
    {
        string port = FreePort().ToString(CultureInfo.InvariantCulture);
        return kind == "none" ? ["--cluster.kind", "none"] : ["--cluster.kind", kind, "--silo.port", port, "--cluster.primary-port", port];
    }

    /// <summary>Starts a silo whose checkpoints and packages are in a folder.</summary>
    public static SiloProcess Start(string folder, params string[] arguments) => Start(folder, new Dictionary<string, string>(), arguments);

    /// <summary>The same with variables.</summary>
    public static SiloProcess Start(string folder, IReadOnlyDictionary<string, string> environment, params string[] arguments) => new(
        TestProcess.Start(
            "OrleansStream.Silo.dll", folder,
            ["--rest.url", "http://127.0.0.1:0", "--rest.admin-token", RestFixture.AdminToken, "--checkpoints.directory", "checkpoints", "--packages.directory", "packages", .. arguments], environment),
        folder);

    public async Task<SiloProcess> WhenReadyAsync()
    {
        await Eventually.IsTrueAsync(
            () =>
            {
                Assert.False(Process.HasExited, $"The silo has ended:\n{Process.Output}\n{Process.Errors}");
                return ReadyLine().IsMatch(Process.Output);
            },
            "the silo to be ready");
        return this;
    }

    /// <summary>Runs <c>ostream</c> against the silo.</summary>
    public async Task<(int Code, string Output, string Errors)> OstreamAsync(params string[] arguments)
    {
        using TestProcess process = TestProcess.Start(
            "ostream.dll", _folder, arguments, new Dictionary<string, string> { ["ORLEANSSTREAM_URL"] = Url, ["ORLEANSSTREAM_TOKEN"] = RestFixture.AdminToken });
        int code = await process.WaitForExitAsync();
        return (code, process.Output, process.Errors);
    }

    public void Dispose() => Process.Dispose();

    [GeneratedRegex(@"is ready, REST at (https?://[^\s,]+)")]
    private static partial Regex ReadyLine();
}
