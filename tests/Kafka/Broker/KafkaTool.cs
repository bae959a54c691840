using System.Diagnostics;

namespace OrleansStream.Kafka.Broker;

/// <summary>The script that starts brokers and runs Kafka's own tools.</summary>
internal static class KafkaTool
{
    private static readonly TimeSpan s_deadline = TimeSpan.FromMinutes(2);

    public static string? Path { get; } = Existing(Environment.GetEnvironmentVariable("KAFKA_TOOL"));

    public static string? GivenServers { get; } = Environment.GetEnvironmentVariable("KAFKA_BOOTSTRAP") is { Length: > 0 } servers ? servers : null;

    /// <summary>Runs the script.</summary>
    /// <returns>What it wrote.</returns>
    public static Task<string> RunAsync(params string[] arguments) => RunProgramAsync(Path!, arguments);

    /// <summary>Runs another program.</summary>
    /// <returns>What it wrote.</returns>
    public static async Task<string> RunProgramAsync(string program, params string[] arguments)
    {
        ProcessStartInfo start = new(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        using Process process = Process.Start(start)!;
        using CancellationTokenSource timeout = new(s_deadline);
        Task<string> output = process.StandardOutput.ReadToEndAsync(timeout.Token);
        Task<string> errors = process.StandardError.ReadToEndAsync(timeout.Token);
        try
        {
            await process.WaitForExitAsync(timeout.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw new TimeoutException($"'{string.Join(' ', arguments)}' had not ended after {s_deadline}.");
        }

        string written = await output;
        string trouble = await errors;
        return process.ExitCode == 0 ? written : throw new InvalidOperationException($"'{string.Join(' ', arguments)}' ended with {process.ExitCode}: {trouble}{written}");
    }

    private static string? Existing(string? path) => path is { Length: > 0 } && File.Exists(path) ? System.IO.Path.GetFullPath(path) : null;
}
