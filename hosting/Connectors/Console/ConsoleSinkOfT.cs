using OrleansStream.Connectors;

namespace OrleansStream;

/// <summary>Shows records as text; made by <see cref="ConsoleSink"/>.</summary>
internal sealed class ConsoleSink<T>(string? prefix, TextWriter? writer, Func<T, string>? format) : ISink<T>
{
    public string Description => prefix is null ? "console" : $"console {prefix}";

    public ISinkWriter<T> CreateWriter(SinkContext context)
    {
        string number = context.Parallelism > 1 ? $"{context.Subtask + 1}" : "";
        string before = prefix is null ? number : number.Length == 0 ? prefix : $"{prefix}:{number}";
        return new ConsoleWriter<T>(context, before.Length == 0 ? "" : before + "> ", writer ?? Console.Out, format ?? (static value => $"{value}"));
    }
}
