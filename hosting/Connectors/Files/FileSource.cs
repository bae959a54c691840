using System.Text.Json.Serialization.Metadata;
using OrleansStream.Connectors.Files;
using OrleansStream.Formats;

namespace OrleansStream;

/// <summary>
/// Sources that read files: a file, the files of a directory, or those that match a pattern (<c>data/*.jsonl</c>, <c>logs/**/*.csv</c>); hidden files, whose names begin with a dot, are left out.
/// Text is UTF-8, with or without a byte order mark; lines end with LF or CRLF, the last one may have no end; empty lines are skipped. What cannot be read is reported with file and line, and the
/// job's <c>on-bad-record</c> decides.
/// </summary>
public static class FileSource
{
    /// <summary>Reads lines as strings.</summary>
    /// <param name="path">A file, directory or pattern; looked for when the job runs.</param>
    public static FileSource<string> Lines(string path) => new("lines", path, static () => new TextParser(), canSplit: true);

    /// <summary>Reads a JSON value per line.</summary>
    /// <typeparam name="T">The type of the records.</typeparam>
    /// <param name="path">A file, directory or pattern; looked for when the job runs.</param>
    /// <param name="type">How a value is read, from a source-generated <c>JsonSerializerContext</c>.</param>
    public static FileSource<T> JsonLines<T>(string path, JsonTypeInfo<T> type)
    {
        ArgumentNullException.ThrowIfNull(type);
        return new FileSource<T>("JSON lines", path, () => new JsonParser<T>(type), canSplit: true);
    }

    /// <summary>Reads the rows of CSV files, a constructor parameter or property of <typeparamref name="T"/> from the column of its name, whatever the case.</summary>
    /// <typeparam name="T">The type of the records: with a public constructor with parameters (a record), or with settable properties.</typeparam>
    /// <param name="path">A file, directory or pattern; looked for when the job runs.</param>
    /// <param name="options">The form of the files; null for a header line and commas.</param>
    /// <exception cref="JobDefinitionException"><typeparamref name="T"/> has no constructor or properties that columns can fill.</exception>
    public static FileSource<T> Csv<T>(string path, CsvOptions? options = null) => Csv(path, CsvBinder.Create<T>(), options);

    /// <summary>Reads the rows of CSV files.</summary>
    /// <typeparam name="T">The type of the records.</typeparam>
    /// <param name="path">A file, directory or pattern; looked for when the job runs.</param>
    /// <param name="read">Makes a record of a row: <c>row => new Flight(row.Text("origin"), row.Get&lt;int>("delay"))</c>.</param>
    /// <param name="options">The form of the files; null for a header line and commas.</param>
    public static FileSource<T> Csv<T>(string path, CsvRowReader<T> read, CsvOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(read);
        CsvOptions form = (options ?? new CsvOptions()).Validated();
        return new FileSource<T>("CSV", path, () => new CsvParser<T>(form, read), canSplit: false);
    }
}
