using System.ComponentModel;
using OrleansStream.Kafka.Broker;

namespace OrleansStream.Examples.Kafka;

/// <summary>A broker that docker compose starts, and takes away again with its data.</summary>
internal sealed class ComposedKafka : IAsyncDisposable
{
    /// <summary>Where the broker of the file is.</summary>
    public const string Servers = "localhost:9092";

    private static readonly string s_file = Path.Combine(AppContext.BaseDirectory, "deploy", "kafka.yaml");

    /// <summary>Starts it; null if there is no docker compose here.</summary>
    /// <exception cref="OptionsException">Docker is there and did not start it.</exception>
    public static async Task<ComposedKafka?> TryStartAsync()
    {
        try
        {
            await KafkaTool.RunProgramAsync("docker", "compose", "version");
        }
        catch (Exception e) when (e is Win32Exception or InvalidOperationException)
        {
            return null;
        }

        Console.Error.WriteLine($"Starting a broker at {Servers} with docker compose.");
        try
        {
            await KafkaTool.RunProgramAsync("docker", "compose", "-f", s_file, "up", "--detach", "--wait");
        }
        catch (Exception e) when (e is TimeoutException or InvalidOperationException)
        {
            throw new OptionsException($"docker compose could not start a broker at {Servers}: {e.Message.Trim()} Start one yourself and give --servers host:port.");
        }

        return new ComposedKafka();
    }

    public async ValueTask DisposeAsync() => await KafkaTool.RunProgramAsync("docker", "compose", "-f", s_file, "down", "--volumes");
}
