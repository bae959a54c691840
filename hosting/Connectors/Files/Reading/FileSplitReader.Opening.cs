using OrleansStream.Formats;

namespace OrleansStream.Connectors.Files;

/// <summary>How a split comes to where it is read: opening, checking that the file is still the same, finding the first record; and how it leaves it to wait.</summary>
internal sealed partial class FileSplitReader<T>
{
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
        _isAtEnd = false;
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
}
