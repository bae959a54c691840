using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;

namespace OrleansStream.Hosting;

/// <summary>The log of a program: a line per event on the standard error stream, so that standard output is the program's own.</summary>
public static class ConsoleLog
{
    /// <summary>Creates the factory. The section <c>Logging</c> of the configuration sets levels.</summary>
    /// <param name="configuration">The configuration; null for the defaults.</param>
    public static ILoggerFactory Create(IConfiguration? configuration = null) => LoggerFactory.Create(builder =>
    {
        builder.AddConsoleFormatter<LineFormatter, ConsoleFormatterOptions>();
        builder.AddConsole(console =>
        {
            console.FormatterName = LineFormatter.FormatterName;
            console.LogToStandardErrorThreshold = LogLevel.Trace;
        });
        if (configuration is not null)
        {
            builder.AddConfiguration(configuration.GetSection("Logging"));
        }
    });
}
