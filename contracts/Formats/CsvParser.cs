namespace OrleansStream.Formats;

/// <summary>Rows of a CSV file, the first of which may have the names of the columns.</summary>
internal sealed class CsvParser<T> : RecordParser<T>
{
    private readonly byte _separator;
    private readonly CsvRowReader<T> _read;
    private readonly CsvHeader? _given;
    private readonly CsvRow _row = new();
    private CsvHeader? _header;

    public CsvParser(CsvOptions options, CsvRowReader<T> read)
    {
        _separator = (byte)options.Separator;
        _read = read;
        _given = options.Columns is { } columns ? new CsvHeader(columns) : null;
        Restart();
    }

    public override bool NeedsHeader => _header is null;

    public override void Restart() => _header = _given;

    public override ParseStatus Read(byte[] data, int from, int to, bool isLast, out T value)
    {
        value = default!;
        _row.Begin(data);
        int next = from;
        ParseStatus status;
        while ((status = ReadField(data, ref next, to, isLast, out bool isLastField)) == ParseStatus.Record && !isLastField)
        {
        }

        if (status == ParseStatus.Bad)
        {
            // A quote that is never closed would take the rest of the file with it; only its first line goes.
            int search = next == to ? from : next;
            int end = data.AsSpan(search, to - search).IndexOf((byte)'\n');
            next = end >= 0 ? search + end + 1 : to;
            status = end < 0 && !isLast ? ParseStatus.NeedMore : status;
        }

        if (status == ParseStatus.NeedMore)
        {
            Consumed = Lines = 0;
            return status;
        }

        Consumed = next - from;
        ReadOnlySpan<byte> record = data.AsSpan(from, Consumed);
        Lines = record.Count((byte)'\n') + (record.Length > 0 && record[^1] != '\n' ? 1 : 0);
        return status == ParseStatus.Bad ? status : Take(record, out value);
    }

    private ParseStatus Take(ReadOnlySpan<byte> record, out T value)
    {
        value = default!;
        if (record.IndexOfAnyExcept((byte)'\r', (byte)'\n') < 0)
        {
            return ParseStatus.Empty;
        }

        try
        {
            if (_header is null)
            {
                _header = new CsvHeader([.. Enumerable.Range(0, _row.Count).Select(i => _row.Text(i, $"{i + 1} of the header").Trim())]);
                return ParseStatus.Empty;
            }

            if (_row.Count != _header.Count)
            {
                Problem = $"the row has {_row.Count} field{(_row.Count == 1 ? "" : "s")}, but there are {_header.Count} columns"
                    + (_row.Count > _header.Count ? "; a field that contains the separator must be in quotes" : "");
                return ParseStatus.Bad;
            }

            _row.Use(_header);
            if (_read(_row) is not { } read)
            {
                Problem = "the row reader returned null, which is no record";
                return ParseStatus.Bad;
            }

            value = read;
            return ParseStatus.Record;
        }
        catch (Exception e) when (BadInput.Is(e))
        {
            Problem = e.Message;
            return ParseStatus.Bad;
        }
    }

    private ParseStatus ReadField(byte[] data, ref int next, int to, bool isLast, out bool isLastField)
    {
        isLastField = true;
        if (next < to && data[next] == '"')
        {
            return ReadQuoted(data, ref next, to, isLast, ref isLastField);
        }

        int start = next;
        int length = data.AsSpan(start, to - start).IndexOfAny(_separator, (byte)'\n', (byte)'"');
        if (length < 0)
        {
            if (!isLast)
            {
                return ParseStatus.NeedMore;
            }

            next = to;
            AddPlain(data, start, to, endsRow: true);
            return ParseStatus.Record;
        }

        int end = start + length;
        if (data[end] == '"')
        {
            next = end;
            return Bad($"field {_row.Count + 1} has a quote inside but does not begin with one; put it in quotes and double those inside");
        }

        isLastField = data[end] == '\n';
        AddPlain(data, start, end, isLastField);
        next = end + 1;
        return ParseStatus.Record;
    }

    private void AddPlain(byte[] data, int start, int end, bool endsRow)
    {
        bool hasReturn = endsRow && end > start && data[end - 1] == '\r';
        _row.Add(start, end - start - (hasReturn ? 1 : 0), false);
    }

    private ParseStatus ReadQuoted(byte[] data, ref int next, int to, bool isLast, ref bool isLastField)
    {
        int start = next + 1;
        int at = start;
        bool isEscaped = false;
        while (true)
        {
            int length = data.AsSpan(at, to - at).IndexOf((byte)'"');
            if (length < 0)
            {
                next = to;
                return isLast ? Bad($"the quote that begins field {_row.Count + 1} is not closed") : ParseStatus.NeedMore;
            }

            at += length + 1;
            if (at == to && !isLast)
            {
                return ParseStatus.NeedMore;
            }

            if (at == to || data[at] != '"')
            {
                break;
            }

            isEscaped = true;
            at++;
        }

        _row.Add(start, at - 1 - start, isEscaped);
        if (at < to && data[at] == '\r')
        {
            at++;
            if (at == to && !isLast)
            {
                return ParseStatus.NeedMore;
            }

            if (at < to && data[at] != '\n')
            {
                next = at;
                return Bad(AfterQuote());
            }
        }

        if (at == to)
        {
            next = to;
            return isLast ? ParseStatus.Record : ParseStatus.NeedMore;
        }

        next = at + 1;
        isLastField = data[at] == '\n';
        if (isLastField || data[at] == _separator)
        {
            return ParseStatus.Record;
        }

        next = at;
        return Bad(AfterQuote());
    }

    private string AfterQuote() => $"field {_row.Count} goes on after its closing quote; double the quotes inside of it";

    private ParseStatus Bad(string problem)
    {
        Problem = problem;
        return ParseStatus.Bad;
    }
}
