using Microsoft.Extensions.Logging;
using Spectre.Console;

namespace OrleansStream.Client;

/// <summary>Writes log lines above what is drawn live on the same terminal.</summary>
internal sealed class LiveLog(IAnsiConsole console) : ILoggerProvider
{
    public ILogger CreateLogger(string categoryName) => new Logger(console);

    public void Dispose()
    {
    }

    private sealed class Logger(IAnsiConsole console) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Information;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (IsEnabled(logLevel))
            {
                string color = logLevel switch { >= LogLevel.Error => "red", LogLevel.Warning => "yellow", _ => "grey" };
                console.MarkupLine($"[{color}]{DateTime.Now:HH:mm:ss} {Markup.Escape(formatter(state, exception))}[/]");
            }
        }
    }
}
