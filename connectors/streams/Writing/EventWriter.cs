namespace OrleansStream.Connectors.Streams.Writing;

/// <summary>
/// Writes records as they come, in batches per stream; one batch of a stream is under way at a time, so that their order stays. An epoch ends when all its batches were taken.
/// </summary>
/// <param name="context">The place.</param>
/// <param name="options">What the sink was told.</param>
/// <param name="keyOf">The stream of a record.</param>
/// <param name="open">Makes what gives events to the stream of a key.</param>
internal sealed class EventWriter<T>(SinkContext context, StreamSinkOptions options, Func<T, string> keyOf, Func<string, Func<T[], Task>> open) : ISinkWriter<T>
{
    // Streams that nothing goes to at the end of an epoch are forgotten when there are more.
    private const int MostIdle = 1024;

    private readonly Dictionary<string, EventOutbox<T>> _outboxes = new(StringComparer.Ordinal);
    private readonly List<EventOutbox<T>> _touched = [];
    private readonly CancellationTokenSource _stop = new();
    private readonly TaskCompletionSource _failed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private WriterEpoch _epoch = new();
    private StreamException? _failure;
    private int _underWay;
    private int _isWaiting;

    /// <summary>How many events were taken from the dataflow and not yet by the provider; for tests.</summary>
    public int UnderWay => Volatile.Read(ref _underWay);

    public int Write(ReadOnlySpan<T> values, ReadOnlySpan<long> timestamps)
    {
        RequireAlive();
        int room = Room();
        int count = Math.Min(room, values.Length);
        if (count == 0)
        {
            return 0;
        }

        Interlocked.Add(ref _underWay, count);
        _epoch.Add(count);
        foreach (ref readonly T value in values[..count])
        {
            string key = keyOf(value);
            if (string.IsNullOrEmpty(key))
            {
                throw new UserCodeException(
                    context.OperatorName, context.Subtask, "writing", new InvalidOperationException($"The record {value} has no key of a stream in the namespace '{options.Namespace}'."));
            }

            if (!_outboxes.TryGetValue(key, out EventOutbox<T>? outbox))
            {
                outbox = new EventOutbox<T>(open(key), options, key, this);
                _outboxes.Add(key, outbox);
            }

            if (outbox.Fill(value))
            {
                _touched.Add(outbox);
            }
        }

        foreach (EventOutbox<T> outbox in _touched)
        {
            outbox.Send(_epoch, _stop.Token);
        }

        _touched.Clear();
        return count;
    }

    public Func<IReadOnlyList<byte[]>> EndEpoch(long checkpointId)
    {
        WriterEpoch ended = _epoch;
        _epoch = new WriterEpoch();
        ended.End();
        if (_outboxes.Count > MostIdle)
        {
            foreach ((string key, EventOutbox<T> outbox) in _outboxes)
            {
                if (outbox.IsIdle)
                {
                    _outboxes.Remove(key);
                }
            }
        }

        return () =>
        {
            Task.WhenAny(ended.Done, _failed.Task).GetAwaiter().GetResult();
            RequireAlive();
            return [];
        };
    }

    public void Dispose()
    {
        _stop.Cancel();
        _failed.TrySetResult();
    }

    /// <summary>A batch was taken. Any thread.</summary>
    public void Delivered(WriterEpoch epoch, int count)
    {
        epoch.Remove(count);
        Interlocked.Add(ref _underWay, -count);
        if (Interlocked.Exchange(ref _isWaiting, 0) != 0)
        {
            context.Wake();
        }
    }

    /// <summary>A batch was not taken, and is not tried again. Any thread.</summary>
    public void Fail(string key, Exception cause)
    {
        Interlocked.CompareExchange(ref _failure, new ConnectorException(
            $"'{context.OperatorName}': writing stream '{options.Namespace}/{key}' of provider '{options.Provider}' failed for {options.Timeout}: {cause.Message} Check that the provider's queue is there and has room, "
            + "make batches smaller (WithBatch) if one is too large for it, or wait for longer (WithTimeout).",
            cause, canRetry: true), null);
        _failed.TrySetResult();
        context.Wake();
    }

    private int Room()
    {
        int room = options.Buffer - Volatile.Read(ref _underWay);
        if (room > 0)
        {
            return room;
        }

        // Who makes room after this wakes the subtask; who did before it is seen here.
        Interlocked.Exchange(ref _isWaiting, 1);
        return Math.Max(0, options.Buffer - Volatile.Read(ref _underWay));
    }

    private void RequireAlive()
    {
        if (Volatile.Read(ref _failure) is { } failure)
        {
            throw failure;
        }

        ObjectDisposedException.ThrowIf(_stop.IsCancellationRequested, this);
    }
}
