using OrleansStream.Formats;

namespace OrleansStream.Connectors.Files;

/// <summary>Reads one split: blocks of a file into a buffer, records out of it. Opens the file when it is first read, and closes a watched one while it waits.</summary>
internal sealed partial class FileSplitReader<T> : IDisposable
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

    // Where the records of the last read were, for messages about them.
    private (long Offset, long Line)[] _places = [];
    private int _emitted;

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
        _emitted = 0;
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

        try
        {
            RememberFingerprint();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw _place.Unreadable(_offset, e);
        }

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
                    NotePlace();
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

    /// <summary>The place of a record that the last <see cref="Read"/> emitted.</summary>
    public string? PlaceOf(int index) => index < _emitted ? Where(_places[index].Offset, _places[index].Line) : null;

    private void NotePlace()
    {
        if (_emitted == _places.Length)
        {
            Array.Resize(ref _places, Math.Max(64, 2 * _emitted));
        }

        _places[_emitted++] = (_offset, _line);
    }

    private string Where() => Where(_offset, _line);

    private string Where(long offset, long line) => _first.IsRange
        ? $"{_place.Path}, byte {offset} (line {line + 1} of the range from byte {_first.Start} on)"
        : $"{_place.Path}:{line + 1}";
}
