using OrleansStream.Connectors.Kafka.Native;

namespace OrleansStream.Connectors.Kafka.Writing;

/// <summary>Writes records as they come, at least once: a checkpoint waits until what was written before its barrier is delivered.</summary>
internal sealed unsafe class DirectWriter<T> : ISinkWriter<T>
{
    private const int WaitMs = 50;
    private const int OpenEpochs = 1024;

    private readonly SinkContext _context;
    private readonly KafkaSinkOptions _options;
    private readonly KafkaRecordWriter<T> _write;
    private readonly KafkaRecordBuilder _record = new();
    private readonly RdClient _client;
    private readonly Bell _bell;
    private readonly nint _topic;
    private readonly nint _queue;

    // Delivered records by epoch, in a ring; the host never has so many epochs open.
    private readonly long[] _delivered = new long[OpenEpochs];
    private byte[] _bytes = new byte[4096];
    private long _epoch = 1;
    private long _written;

    public DirectWriter(SinkContext context, KafkaSinkOptions options, KafkaRecordWriter<T> write)
    {
        _context = context;
        _options = options;
        _write = write;
        _client = new RdClient(
            Rd.Producer, context.OperatorName, options.ProducerSettings(("client.id", $"orleansstream-sink-{context.Subtask}")),
            (_, epoch, _) => Interlocked.Increment(ref _delivered[epoch % OpenEpochs]));
        _topic = Rd.TopicNew(_client.Handle, options.Topic, 0);
        _queue = Rd.QueueGetMain(_client.Handle);
        _bell = new Bell(context.Wake);
        _bell.Attach(_queue);
    }

    public int Write(ReadOnlySpan<T> values, ReadOnlySpan<long> timestamps)
    {
        Rd.Poll(_client.Handle, 0);
        RequireDelivered();
        for (int i = 0; i < values.Length; i++)
        {
            _record.Begin(timestamps[i]);
            _write(in values[i], _record);
            if (_bytes.Length < _record.Size)
            {
                _bytes = new byte[_record.Size * 2];
            }

            SpooledRecord.Write(_record, _bytes);
            RdError? error;
            fixed (byte* bytes = _bytes)
            {
                error = SpooledRecord.Produce(_client.Handle, _topic, (nint)_epoch, bytes, out _);
            }

            if (error is { Code: RdErrorCode.QueueFull })
            {
                return i;
            }

            if (error is not null)
            {
                throw Failed(error);
            }

            _written++;
        }

        return values.Length;
    }

    public Func<IReadOnlyList<byte[]>> EndEpoch(long checkpointId)
    {
        long epoch = _epoch++;
        long written = _written;
        _written = 0;
        return () =>
        {
            while (Volatile.Read(ref _delivered[epoch % OpenEpochs]) < written)
            {
                Rd.Poll(_client.Handle, WaitMs);
                RequireDelivered();
                _context.Wake();
            }

            _delivered[epoch % OpenEpochs] = 0;
            return [];
        };
    }

    public void Dispose()
    {
        Bell.Detach(_queue);
        Rd.QueueDestroy(_queue);
        Rd.TopicDestroy(_topic);
        _client.Dispose();
        _bell.Dispose();
    }

    private void RequireDelivered()
    {
        if (_client.TakeDeliveryError() is { } error)
        {
            throw Failed(error);
        }
    }

    private StreamException Failed(RdError error) => KafkaFailure.Describe(_context.OperatorName, $"writing topic '{_options.Topic}'", _options.Servers, error);
}
