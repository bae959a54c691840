namespace OrleansStream.Connectors.Files;

/// <summary>Reads one split: blocks of a file into a buffer, records out of it. Opens the file when it is first read, and closes a watched one while it waits.</summary>
internal sealed class FileSplitReader<T> : IDisposable
{
    private const int BlocksPerRead = 4;

    private readonly FileSourceOptions<T> _options;
    private readonly SplitFile _place;
    private readonly RecordParser<T> _parser;
    private readonly FilePosition _first;
    private BlockBuffer? _buffer;
    private long _offset;
    private long _line;
    private int _round;
    private bool _isFresh;
    private bool _isAtEnd;
    private long _lengthWhenClosed = -1;
    private uint _fingerprint;
    private long _fingerprintOffset;

    // A line that is too long is left out: how much of it is gone from the buffer, and how it began.
    private long _skipped;
    private string? _skippedExcerpt;

    public FileSplitReader(int handle, SplitFile place, FilePosition position, RecordParser<T> parser, FileSourceOptions<T> options)
    {
        Handle = handle;
        _place = place;
        _first = position;
        _parser = parser;
        _options = options;
        _isFresh = position.IsFresh;
        _offset = position.Offset;
        _line = position.Line;
        _round = position.Round;
        _isAtEnd = position.IsAtEnd;
        _fingerprint = position.Fingerprint;
        _fingerprintOffset = position.Offset;
    }

    public int Handle { get; }

    public int Siblings => _first.Siblings;

    private bool Follows => _options.Watch is not null;

    /// <summary>Reads, at most until the budget is used up, which records and bad records count against.</summary>
    public SplitStatus Read(SourceOutput<T> output, ref int budget)
    {
        try
        {
            return _buffer is null && Open(output) is { } status ? status : ReadRecords(_buffer!, output, ref budget);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw _place.Unreadable(_offset, e);
        }
    }

    /// <summary>The position behind the last record.</summary>
    public FilePosition Position()
    {
        if (_isFresh)
        {
            return _first;
        }

        RememberFingerprint();
        return _first with
        {
            IsFresh = false,
            IsAtEnd = _isAtEnd,
            Offset = _offset,
            Line = _line,
            Round = _round,
            Fingerprint = _fingerprint,
        };
    }

    public void Dispose()
    {
        _buffer?.Dispose();
        _buffer = null;
    }

    /// <summary>Opens the file where the split stands.</summary>
    /// <returns>Nothing if it can be read now.</returns>
    private SplitStatus? Open(SourceOutput<T> output)
    {
        FileInfo file = new(_place.Path);
        if (!file.Exists)
        {
            return Missing(output);
        }

        long length = file.Length;
        if (length < _offset || (_first.End != long.MaxValue && length < _first.End))
        {
            throw _place.Shrunk(length, Math.Max(_offset, _first.End == long.MaxValue ? 0 : _first.End));
        }

        if (length == _lengthWhenClosed)
        {
            return SplitStatus.Waiting;
        }

        BlockBuffer buffer = new(_place.Path, _options.BlockBytes);
        _buffer = buffer;
        if (_isFresh)
        {
            Begin(buffer);
            return null;
        }

        if (SplitFile.Fingerprint(buffer, _offset) != _fingerprint)
        {
            throw _place.Replaced(_offset);
        }

        if (_parser.NeedsHeader && _offset > 0)
        {
            ReadHeader(buffer);
        }

        buffer.Seek(_offset);
        return null;
    }

    private SplitStatus Missing(SourceOutput<T> output)
    {
        if (!Follows || (!_isAtEnd && _lengthWhenClosed < 0))
        {
            throw _place.Gone(_offset, _line);
        }

        if (!_isAtEnd)
        {
            output.EmitBad(new BadRecord(Where(), "the file disappeared before its last line had an end, so that line was not read", ""));
        }

        return SplitStatus.Ended;
    }

    /// <summary>Goes to the first record of the range: a line that begins before it belongs to the range before.</summary>
    private void Begin(BlockBuffer buffer)
    {
        _isFresh = false;
        _offset = _first.Start;
        _line = 0;
        _parser.Restart();
        if (_offset == 0)
        {
            buffer.Seek(0);
            return;
        }

        _offset--;
        buffer.Seek(_offset);
        int end;
        while ((end = buffer.Span.IndexOf((byte)'\n')) < 0 && !buffer.IsAtEnd)
        {
            _offset += buffer.Count;
            buffer.Consume(buffer.Count);
            buffer.Fill();
        }

        int rest = end < 0 ? buffer.Count : end + 1;
        _offset += rest;
        buffer.Consume(rest);
    }

    private void ReadHeader(BlockBuffer buffer)
    {
        buffer.Seek(0);
        int? mark;
        do
        {
            buffer.Fill();
            mark = ByteOrderMark(buffer);
        }
        while (mark is null);

        buffer.Consume(mark.Value);
        long end = mark.Value;
        while (_parser.NeedsHeader && end < _offset)
        {
            if (_parser.Read(buffer.Data, buffer.From, buffer.To, buffer.IsAtEnd, out _) == ParseStatus.NeedMore)
            {
                buffer.Fill();
                continue;
            }

            buffer.Consume(_parser.Consumed);
            end += _parser.Consumed;
        }

        if (end > _offset)
        {
            throw _place.Replaced(_offset);
        }
    }

    private SplitStatus ReadRecords(BlockBuffer buffer, SourceOutput<T> output, ref int budget)
    {
        int blocks = BlocksPerRead;
        while (budget > 0)
        {
            if (_offset >= _first.End)
            {
                return NextRound(buffer);
            }

            switch (Parse(buffer, out T value))
            {
                case ParseStatus.Record:
                    output.Emit(_round > 0 && _options.Shift is { } shift ? shift(value, _round) : value);
                    budget--;
                    Consume(buffer);
                    continue;
                case ParseStatus.Bad:
                    output.EmitBad(new BadRecord(Where(), _parser.Problem, BadInput.Excerpt(buffer.Span[.._parser.Consumed])));
                    budget--;
                    Consume(buffer);
                    continue;
                case ParseStatus.Empty:
                    Consume(buffer);
                    continue;
            }

            if (_skippedExcerpt is not null || buffer.Count > _options.MaxLineBytes)
            {
                if (Skip(buffer, output))
                {
                    budget--;
                    continue;
                }
            }

            if (buffer.IsAtEnd)
            {
                return Follows ? Wait(buffer) : NextRound(buffer);
            }

            if (blocks-- == 0)
            {
                return SplitStatus.Progress;
            }

            buffer.Fill();
        }

        return SplitStatus.Progress;
    }

    private ParseStatus Parse(BlockBuffer buffer, out T value)
    {
        value = default!;
        if (buffer.Count == 0 || _skippedExcerpt is not null)
        {
            return ParseStatus.NeedMore;
        }

        if (_offset == 0)
        {
            if (ByteOrderMark(buffer) is not { } mark)
            {
                return ParseStatus.NeedMore;
            }

            buffer.Consume(mark);
            _offset += mark;
            if (buffer.Count == 0)
            {
                return ParseStatus.NeedMore;
            }
        }

        // A record that is too long is left out also where it happens to be in the buffer, so that blocks make no difference.
        ParseStatus status = _parser.Read(buffer.Data, buffer.From, buffer.To, buffer.IsAtEnd && !Follows, out value);
        return status != ParseStatus.NeedMore && _parser.Consumed > _options.MaxLineBytes ? ParseStatus.NeedMore : status;
    }

    private void Consume(BlockBuffer buffer)
    {
        buffer.Consume(_parser.Consumed);
        _offset += _parser.Consumed;
        _line += _parser.Lines;
    }

    /// <summary>The length of the mark at the start of the file; nothing if more must be read to tell.</summary>
    private int? ByteOrderMark(BlockBuffer buffer)
    {
        ReadOnlySpan<byte> mark = [0xEF, 0xBB, 0xBF];
        ReadOnlySpan<byte> data = buffer.Span;
        if (data is [0xFF, 0xFE, ..] or [0xFE, 0xFF, ..])
        {
            throw _place.NotUtf8();
        }

        return data.StartsWith(mark) ? mark.Length : mark.StartsWith(data) && !buffer.IsAtEnd ? null : 0;
    }

    /// <summary>Leaves out a line that is too long, as far as it is in the buffer.</summary>
    /// <returns>Whether its end was found.</returns>
    private bool Skip(BlockBuffer buffer, SourceOutput<T> output)
    {
        _skippedExcerpt ??= BadInput.Excerpt(buffer.Span);
        int end = buffer.Span.IndexOf((byte)'\n');
        int count = end < 0 ? buffer.Count : end + 1;
        buffer.Consume(count);
        _skipped += count;
        if (end < 0 && (!buffer.IsAtEnd || Follows))
        {
            return false;
        }

        output.EmitBad(new BadRecord(
            Where(), $"the line has {_skipped} bytes, or a quote in it is not closed; the limit of a record is {_options.MaxLineBytes} bytes (WithMaxLineBytes)", _skippedExcerpt));
        _offset += _skipped;
        _line++;
        _skipped = 0;
        _skippedExcerpt = null;
        return true;
    }

    private SplitStatus NextRound(BlockBuffer buffer)
    {
        if (_round + 1 >= _options.Rounds)
        {
            return SplitStatus.Ended;
        }

        _round++;
        Begin(buffer);
        return SplitStatus.Progress;
    }

    private SplitStatus Wait(BlockBuffer buffer)
    {
        RememberFingerprint();
        _isAtEnd = buffer.Count == 0 && _skipped == 0;
        _lengthWhenClosed = _offset + _skipped + buffer.Count;
        _skipped = 0;
        _skippedExcerpt = null;
        Dispose();
        return SplitStatus.Waiting;
    }

    private void RememberFingerprint()
    {
        if (_buffer is not null && _fingerprintOffset != _offset)
        {
            _fingerprint = SplitFile.Fingerprint(_buffer, _offset);
            _fingerprintOffset = _offset;
        }
    }

    private string Where() => _first.IsRange
        ? $"{_place.Path}, byte {_offset} (line {_line + 1} of the range from byte {_first.Start} on)"
        : $"{_place.Path}:{_line + 1}";
}
