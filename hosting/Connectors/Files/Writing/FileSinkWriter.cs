namespace OrleansStream.Connectors.Files;

/// <summary>Formats records into blocks on the subtask's thread, and hands full blocks on.</summary>
internal sealed class FileSinkWriter<T> : ISinkWriter<T>
{
    private readonly RecordFormatter<T> _formatter;
    private readonly FileSinkOptions _options;
    private readonly FormatBuffer _buffer;
    private readonly BlockPump _pump;
    private readonly bool _hasEpochs;
    private Epoch _epoch = new();
    private int _part;
    private long _partBytes;
    private bool _isFull;

    public FileSinkWriter(SinkContext context, RecordFormatter<T> formatter, PartFiles files, FileSinkOptions options)
    {
        _formatter = formatter;
        _options = options;
        _buffer = new FormatBuffer(options.BlockBytes);
        _pump = new BlockPump(context, files, options.BufferBytes);
        _hasEpochs = files.DropsUnfinished;
    }

    public int Write(ReadOnlySpan<T> values, ReadOnlySpan<long> timestamps)
    {
        if (_isFull && !_pump.HasRoom())
        {
            return 0;
        }

        _isFull = false;
        for (int i = 0; i < values.Length; i++)
        {
            if (_partBytes == 0 && _buffer.Count == 0)
            {
                _formatter.WriteHeader(_buffer);
            }

            _formatter.Write(_buffer, in values[i]);
            if (_buffer.Count >= _options.BlockBytes || _partBytes + _buffer.Count >= _options.PartBytes)
            {
                Seal();
                if (!_pump.HasRoom())
                {
                    _isFull = true;
                    return i + 1;
                }
            }
        }

        return values.Length;
    }

    public Func<IReadOnlyList<byte[]>> EndEpoch(long checkpointId)
    {
        Seal();
        Epoch epoch = _epoch;
        long through = _pump.Added;
        if (_hasEpochs)
        {
            _epoch = new Epoch();
            _part = 0;
            _partBytes = 0;
        }

        return () => _pump.Finish(through, files => files.Finish(epoch, checkpointId));
    }

    public void Dispose()
    {
        if (!_hasEpochs)
        {
            Seal();
        }

        _pump.Dispose();
    }

    private void Seal()
    {
        int count = _buffer.Count;
        if (count == 0)
        {
            return;
        }

        _pump.Add(new Block(_buffer.Take(), count, _epoch, _part));
        _partBytes += count;
        if (_partBytes >= _options.PartBytes)
        {
            _part++;
            _partBytes = 0;
        }
    }
}
