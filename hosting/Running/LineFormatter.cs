using System.Globalization;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Logging.Console;

namespace OrleansStream.Hosting;

/// <summary>Writes an event as time, level and message: what somebody who watches a job wants to read.</summary>
internal sealed class LineFormatter() : ConsoleFormatter(FormatterName)
{
    public const string FormatterName = "ostream";

    public override void Write<TState>(in LogEntry<TState> logEntry, IExternalScopeProvider? scopeProvider, TextWriter textWriter)
    {
        string level = logEntry.LogLevel switch
        {
            LogLevel.Critical or LogLevel.Error => "error: ",
            LogLevel.Warning => "warning: ",
            LogLevel.Debug or LogLevel.Trace => "debug: ",
            _ => "",
        };
        string time = DateTime.Now.ToString("HH:mm:ss", CultureInfo.InvariantCulture);
        textWriter.WriteLine($"{time} {level}{logEntry.Formatter(logEntry.State, logEntry.Exception)}");
        if (logEntry.Exception is { } error && logEntry.LogLevel <= LogLevel.Debug)
        {
            textWriter.WriteLine(error);
        }
    }
}
