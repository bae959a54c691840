using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;
using OrleansStream.Hosting;
using Spectre.Console;

namespace OrleansStream.Client;

/// <summary>
/// Runs a job as a program does, with its progress: a live table on a terminal, log lines elsewhere. Everything goes to the standard error stream, so that standard output is the program's own.
/// Ctrl-C stops the job with a final checkpoint, which stays, a second one cancels it.
/// </summary>
public sealed class ConsoleRun
{
    /// <summary>The job's name, unless the options give one.</summary>
    public required string Name { get; init; }

    /// <summary>Makes a job object for each call of <see cref="IStreamJob.Define"/>; any thread.</summary>
    public required Func<IStreamJob> Create { get; init; }

    /// <summary>The job's options.</summary>
    public JobOptions Options { get; init; } = new();

    /// <summary>How progress is shown.</summary>
    public ProgressMode Progress { get; init; } = ProgressMode.Auto;

    /// <summary>The program's configuration, whose section <c>Logging</c> sets log levels; null for the defaults.</summary>
    public IConfiguration? Configuration { get; init; }

    /// <summary>Runs the job, and says on the standard error stream how it ended.</summary>
    /// <param name="cancel">Stops the job like the first Ctrl-C.</param>
    public async Task<LocalRunResult> RunAsync(CancellationToken cancel = default)
    {
        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Error) });
        bool isTerminal = console.Profile.Out.IsTerminal && console.Profile.Capabilities.Ansi;
        bool live = Progress == ProgressMode.Live || (Progress == ProgressMode.Auto && isTerminal);
        using ILoggerFactory loggers = live ? LoggerFactory.Create(builder => builder.AddProvider(new LiveLog(console))) : ConsoleLog.Create(Configuration);
        ILogger logger = loggers.CreateLogger("OrleansStream");
        LocalRun run = new()
        {
            Name = Name,
            Create = Create,
            Options = Options,
            Loggers = loggers,
            Watch = live ? (job, ended) => LiveProgress.ShowAsync(console, job, ended)
                : Progress == ProgressMode.None ? null
                : (job, ended) => PlainProgress.ShowAsync(logger, job, ended),
        };
        LocalRunResult result = await run.RunAsync(cancel).ConfigureAwait(false);
        loggers.Dispose(); // Writes what is left, so that the last word is ours.
        result.WriteEnd(Console.Error, Options.Name ?? Name);
        return result;
    }
}
