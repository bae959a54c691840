using System.Text.Json.Serialization.Metadata;
using OrleansStream.Connectors.Files;

namespace OrleansStream;

/// <summary>
/// Sinks that write files into a folder, which is made if it is not there: <c>part-…</c> files of UTF-8 text with LF line ends. Their names sort by checkpoint and tell jobs, sinks, subtasks and
/// attempts apart, so several sinks may share a folder.
/// </summary>
public static class FileSink
{
    /// <summary>Writes strings as lines; one with a line end inside fails the job.</summary>
    /// <param name="path">The folder.</param>
    public static FileSink<string> Lines(string path) => Lines<string>(path, static line => line);

    /// <summary>Writes a line per record.</summary>
    /// <typeparam name="T">The type of the records.</typeparam>
    /// <param name="path">The folder.</param>
    /// <param name="format">Makes the line of a record, without a line end; called on the subtask's thread.</param>
    public static FileSink<T> Lines<T>(string path, Func<T, string> format)
    {
        ArgumentNullException.ThrowIfNull(format);
        return new FileSink<T>("lines", path, () => new TextFormatter<T>(format));
    }

    /// <summary>Writes a JSON value per line.</summary>
    /// <typeparam name="T">The type of the records.</typeparam>
    /// <param name="path">The folder.</param>
    /// <param name="type">How a value is written, from a source-generated <c>JsonSerializerContext</c>; never indented.</param>
    public static FileSink<T> JsonLines<T>(string path, JsonTypeInfo<T> type)
    {
        ArgumentNullException.ThrowIfNull(type);
        return new FileSink<T>("JSON lines", path, () => new JsonFormatter<T>(type));
    }

    /// <summary>Writes CSV files with a header line and a column for each public property.</summary>
    /// <typeparam name="T">The type of the records.</typeparam>
    /// <param name="path">The folder.</param>
    /// <param name="separator">What stands between fields.</param>
    /// <exception cref="JobDefinitionException">A property has a type that is no field.</exception>
    public static FileSink<T> Csv<T>(string path, char separator = ',')
    {
        (IReadOnlyList<string> names, Action<CsvRowWriter, T> write) = CsvColumns.Create<T>();
        return Csv(path, names, write, separator);
    }

    /// <summary>Writes CSV files with a header line.</summary>
    /// <typeparam name="T">The type of the records.</typeparam>
    /// <param name="path">The folder.</param>
    /// <param name="columns">The names of the columns.</param>
    /// <param name="write">Writes a field for each column; called on the subtask's thread.</param>
    /// <param name="separator">What stands between fields.</param>
    public static FileSink<T> Csv<T>(string path, IReadOnlyList<string> columns, Action<CsvRowWriter, T> write, char separator = ',')
    {
        ArgumentNullException.ThrowIfNull(columns);
        ArgumentNullException.ThrowIfNull(write);
        ArgumentOutOfRangeException.ThrowIfZero(columns.Count);
        _ = new CsvOptions { Separator = separator }.Validated();
        return new FileSink<T>("CSV", path, () => new CsvFormatter<T>(columns, write, separator));
    }

    /// <summary>
    /// Checks, before an output folder is cleared, that nothing in it would be left that a file sink did not make: passes for a folder that is missing or empty, or that has files of file sinks only.
    /// </summary>
    /// <param name="path">The folder.</param>
    /// <exception cref="OptionsException">Something else is in it; the message names it.</exception>
    public static void RequireEmptyOrOwned(string path)
    {
        if (OutputFolder.FirstForeign(path) is { } foreign)
        {
            throw new OptionsException($"'{path}' has '{foreign}', which no file sink made, so it is not taken for an output folder of a job. Move it away, or choose another folder.");
        }
    }
}
