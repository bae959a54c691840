namespace OrleansStream.Connectors.Files;

/// <summary>A CSV row per record, after a header.</summary>
internal sealed class CsvFormatter<T>(IReadOnlyList<string> columns, Action<CsvRowWriter, T> write, char separator) : RecordFormatter<T>
{
    private readonly CsvRowWriter _row = new(separator);

    public override string Extension => ".csv";

    public override void WriteHeader(FormatBuffer buffer)
    {
        _row.Begin(buffer);
        foreach (string column in columns)
        {
            _row.Text(column);
        }

        _row.End();
    }

    public override void Write(FormatBuffer buffer, in T value)
    {
        _row.Begin(buffer);
        write(_row, value);
        if (_row.Count != columns.Count)
        {
            throw new InvalidOperationException($"a row was written with {_row.Count} fields, but there are {columns.Count} columns: {string.Join(", ", columns)}.");
        }

        // An empty line would be no row.
        if (columns.Count == 1)
        {
            _row.QuoteIfEmpty();
        }

        _row.End();
    }
}
