using System.Collections.Concurrent;
using System.Globalization;
using Microsoft.Extensions.Logging;

namespace OrleansStream.Orleans.Tests.Clusters;

/// <summary>The last lines of the silos' logs, for the message of a test that fails.</summary>
internal sealed class LogLines : ILoggerProvider
{
    private const int Kept = 150;
    private readonly ConcurrentQueue<string> _lines = new();

    public ILogger CreateLogger(string categoryName) => new Logger(this, categoryName);

    public override string ToString() => string.Join("\n", _lines);

    public void Dispose()
    {
    }

    private void Add(string line)
    {
        _lines.Enqueue(line);
        while (_lines.Count > Kept)
        {
            _lines.TryDequeue(out _);
        }
    }

    private sealed class Logger(LogLines owner, string category) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= (category.StartsWith("OrleansStream", StringComparison.Ordinal) ? LogLevel.Information : LogLevel.Warning);

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (IsEnabled(logLevel))
            {
                string text = formatter(state, exception);
                owner.Add($"{DateTime.UtcNow.ToString("mm:ss.fff", CultureInfo.InvariantCulture)} {category.Split('.')[^1]} {logLevel} {text[..Math.Min(400, text.Length)]} {exception?.GetType().Name} {exception?.Message.Split('\n')[0]}");
            }
        }
    }
}
