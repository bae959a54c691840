using System.Buffers;

namespace OrleansStream.Connectors.Files;

/// <summary>
/// Carries blocks from the subtask's thread to files, in order, on pool threads, and says no when too many wait. A failure there fails the subtask at its next call.
/// </summary>
internal sealed class BlockPump(SinkContext context, PartFiles files, long limitBytes) : IDisposable
{
    // Held while a file is touched. The other lock is held for moments only, so that the subtask never waits for a disk.
    private readonly Lock _io = new();
    private readonly Lock _lock = new();
    private readonly Queue<Block> _queue = new();
    private long _queuedBytes;
    private long _added;
    private long _written;
    private bool _isScheduled;
    private bool _isRefusing;
    private bool _isDisposed;
    private Exception? _failure;

    /// <summary>How many blocks were added.</summary>
    public long Added => _added;

    /// <summary>Whether there is room; if not, the subtask is woken when there is. On the subtask's thread.</summary>
    public bool HasRoom()
    {
        lock (_lock)
        {
            ThrowIfFailed();
            _isRefusing = _queuedBytes >= limitBytes;
            return !_isRefusing;
        }
    }

    /// <summary>Takes a block. On the subtask's thread.</summary>
    public void Add(Block block)
    {
        lock (_lock)
        {
            _queue.Enqueue(block);
            _queuedBytes += block.Length;
            _added++;
            if (_isScheduled)
            {
                return;
            }

            _isScheduled = true;
        }

        ThreadPool.UnsafeQueueUserWorkItem(static pump => pump.WriteInBackground(), this, preferLocal: false);
    }

    /// <summary>Writes what was added up to a point, then does something with the files. On a pool thread.</summary>
    public TResult Finish<TResult>(long through, Func<PartFiles, TResult> finish)
    {
        while (WriteNext(through))
        {
        }

        lock (_io)
        {
            lock (_lock)
            {
                ThrowIfFailed();
            }

            ObjectDisposedException.ThrowIf(_isDisposed, this);
            return finish(files);
        }
    }

    public void Dispose()
    {
        while (!files.DropsUnfinished && _failure is null && WriteNext(long.MaxValue))
        {
        }

        lock (_io)
        {
            _isDisposed = true;
            files.Dispose();
        }
    }

    private void WriteInBackground()
    {
        bool goesOn;
        do
        {
            while (WriteNext(long.MaxValue))
            {
            }

            lock (_lock)
            {
                _isScheduled = goesOn = _queue.Count > 0 && _failure is null && !_isDisposed;
            }
        }
        while (goesOn);
    }

    private bool WriteNext(long through)
    {
        lock (_io)
        {
            Block block;
            lock (_lock)
            {
                if (_written >= through || _failure is not null || _isDisposed || !_queue.TryPeek(out block))
                {
                    return false;
                }
            }

            Exception? failure = null;
            try
            {
                files.Write(in block);
            }
#pragma warning disable CA1031 // Reported to the subtask, which fails with it.
            catch (Exception e)
#pragma warning restore CA1031
            {
                failure = e;
            }

            Written(block, failure);
            return failure is null;
        }
    }

    private void Written(Block block, Exception? failure)
    {
        bool wakes;
        lock (_lock)
        {
            _failure = failure;
            _queue.Dequeue();
            _queuedBytes -= block.Length;
            _written++;
            wakes = failure is not null || (_isRefusing && _queuedBytes <= limitBytes / 2);
            _isRefusing &= !wakes;
        }

        ArrayPool<byte>.Shared.Return(block.Bytes);
        if (wakes)
        {
            context.Wake();
        }
    }

    private void ThrowIfFailed()
    {
        if (_failure is ConnectorException { CanRetry: var canRetry } known)
        {
            throw new ConnectorException(known.Message, known, canRetry);
        }

        if (_failure is not null)
        {
            throw new InvariantViolatedException($"The writer of the sink '{context.OperatorName}' failed: {_failure.Message}", _failure);
        }
    }
}
