using OrleansStream.Commits;

namespace OrleansStream.Connectors.Kafka.Writing;

/// <summary>Spools the records of an epoch, and makes them durable with the checkpoint that ends it.</summary>
internal sealed class SpoolWriter<T>(SinkContext context, KafkaSinkOptions options, KafkaRecordWriter<T> write, EpochChain chain) : ISinkWriter<T>
{
    // A chunk is stored as it is when no more than an eighth of it is empty.
    private const int MostUnused = 8;

    private readonly KafkaRecordBuilder _record = new();
    private readonly string _id = options.TransactionalId(context);
    private readonly int _mostBytes = options.MaxMessageBytes;
    private readonly ChunkPool _pool = new(options.ChunkBytes, options.SpoolBytes, chain);
    private EpochSpool? _spool;
    private byte[] _chunk = [];
    private int _used = EpochChunk.HeadBytes;
    private int _records;
    private int _part = 1;
    private long _partBytes;

    public int Write(ReadOnlySpan<T> values, ReadOnlySpan<long> timestamps)
    {
        // Only while a commit is under way, which ends without us. Else the next barrier, which what is spooled waits for, could be behind what is refused.
        if (chain.UncommittedBytes > options.SpoolBytes && chain.IsCommitting)
        {
            return 0;
        }

        for (int i = 0; i < values.Length; i++)
        {
            _record.Begin(timestamps[i]);
            write(in values[i], _record);
            int size = _record.Size;
            if (_chunk.Length - _used < size)
            {
                NextChunk(size);
            }

            _used += SpooledRecord.Write(_record, _chunk.AsSpan(_used));
            _records++;
        }

        return values.Length;
    }

    public Func<IReadOnlyList<byte[]>> EndEpoch(long checkpointId)
    {
        Seal();
        EpochSpool spool = Spool;
        _spool = null;
        _part = 1;
        _partBytes = 0;
        return () => Prepare(checkpointId, spool);
    }

    public void Dispose()
    {
    }

    private EpochSpool Spool => _spool ??= new EpochSpool(_pool);

    private IReadOnlyList<byte[]> Prepare(long checkpointId, EpochSpool spool)
    {
        if (spool.Parts == 0)
        {
            return [];
        }

        PendingEpoch epoch = new(context.Incarnation, checkpointId, spool.Parts, chain.Tail);
        chain.Tail = epoch.End;
        spool.SetHeader(new EpochHeader(_id, options.Topic, epoch, spool.Bytes).Write());
        return spool;
    }

    private void NextChunk(int size)
    {
        if (size - SpooledRecord.HeadBytes > _mostBytes)
        {
            throw new ConnectorException(
                $"'{context.OperatorName}': a record for topic '{options.Topic}' has {size - SpooledRecord.HeadBytes} bytes, more than message.max.bytes = {_mostBytes} (key '{Text(_record.Key.Written)}'). "
                + "Raise it with WithSetting, and max.message.bytes of the topic, or make the record smaller.");
        }

        Seal();
        if (_chunk.Length - _used < size)
        {
            _pool.Return(_chunk);
            _chunk = _pool.Rent(EpochChunk.HeadBytes + size);
        }
    }

    private void Seal()
    {
        if (_records == 0)
        {
            return;
        }

        EpochChunk.Seal(_chunk, _part, _records);
        byte[] sealedChunk = _chunk;
        if (_chunk.Length - _used <= _chunk.Length / MostUnused)
        {
            _chunk.AsSpan(_used).Clear();
            _chunk = [];
        }
        else
        {
            // The rest would be stored and kept with it.
            sealedChunk = _chunk.AsSpan(0, _used).ToArray();
        }

        int length = sealedChunk.Length;
        Spool.Add(sealedChunk, _part, chain.UncommittedBytes + length > options.SpoolBytes);
        chain.Spooled(length);
        _partBytes += length;
        if (_partBytes >= options.MaxTransactionBytes)
        {
            _part++;
            _partBytes = 0;
        }

        _used = EpochChunk.HeadBytes;
        _records = 0;
    }

    private static string Text(ReadOnlySpan<byte> key) => System.Text.Encoding.UTF8.GetString(key.Length > 100 ? key[..100] : key);
}
