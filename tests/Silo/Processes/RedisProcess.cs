using System.Globalization;
using System.Net.Sockets;
using OrleansStream.Recovery;

namespace OrleansStream.SiloTests.Processes;

/// <summary>A Redis of its own, on a free port of loopback, that keeps nothing on disk.</summary>
internal sealed class RedisProcess : IMembershipServer
{
    private const string Program = "/usr/bin/redis-server";
    private readonly TestProcess _process;

    private RedisProcess(int port, string folder)
    {
        Port = port;
        _process = TestProcess.StartProgram(
            Program, folder, ["--port", port.ToString(CultureInfo.InvariantCulture), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]);
    }

    public static bool IsInstalled => File.Exists(Program);

    public string Kind => "redis";

    public int Port { get; }

    public string ConnectionString => string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{Port}");

    public static async Task<RedisProcess> StartAsync(string folder)
    {
        RedisProcess redis = new(SiloProcess.FreePort(), folder);
        await Eventually.IsTrueAsync(redis.AnswersAsync, "Redis to answer");
        return redis;
    }

    public void Dispose() => _process.Dispose();

    private async Task<bool> AnswersAsync()
    {
        try
        {
            using TcpClient client = new();
            await client.ConnectAsync("127.0.0.1", Port);
            return true;
        }
        catch (SocketException)
        {
            Assert.False(_process.HasExited, $"Redis has ended:\n{_process.Output}\n{_process.Errors}");
            return false;
        }
    }
}

/// <summary>A test that needs Redis; left out, with the name of the Debian package, where it is not installed.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class RedisFactAttribute : FactAttribute
{
    /// <summary>Looks whether Redis is installed.</summary>
    public RedisFactAttribute()
    {
        if (!RedisProcess.IsInstalled)
        {
            Skip = "LEFT OUT: clusters of silo processes need Redis. Install the Debian package redis-server.";
        }
    }
}
