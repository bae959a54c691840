using System.Text;

namespace OrleansStream.Connectors;

/// <summary>Formats records on the subtask's thread, and writes them on a pool thread: a terminal can be slow or stopped. What waits is bounded.</summary>
internal sealed class ConsoleWriter<T>(SinkContext context, string prefix, TextWriter target, Func<T, string> format) : ISinkWriter<T>
{
    private const int MaxWaitingChars = 256 << 10;

    // Held while written, so that lines keep their order; the other lock is held for moments only.
    private readonly Lock _writing = new();
    private readonly Lock _lock = new();
    private StringBuilder _waiting = new();
    private StringBuilder _spare = new();
    private bool _isScheduled;
    private bool _isRefusing;
    private Exception? _failure;

    public int Write(ReadOnlySpan<T> values, ReadOnlySpan<long> timestamps)
    {
        int taken = 0;
        lock (_lock)
        {
            ThrowIfFailed();
            while (taken < values.Length && _waiting.Length < MaxWaitingChars)
            {
                _waiting.Append(prefix).Append(format(values[taken])).Append('\n');
                taken++;
            }

            _isRefusing = taken < values.Length;
            if (_isScheduled || taken == 0)
            {
                return taken;
            }

            _isScheduled = true;
        }

        ThreadPool.UnsafeQueueUserWorkItem(static writer => writer.Flush(), this, preferLocal: false);
        return taken;
    }

    public Func<IReadOnlyList<byte[]>> EndEpoch(long checkpointId) => () =>
    {
        Flush();
        lock (_lock)
        {
            ThrowIfFailed();
        }

        return [];
    };

    public void Dispose() => Flush();

    private void Flush()
    {
        bool wakes;
        lock (_writing)
        {
            StringBuilder lines;
            lock (_lock)
            {
                (lines, _waiting, _spare) = (_waiting, _spare, _waiting);
                _isScheduled = false;
            }

            Exception? failure = null;
            try
            {
                if (lines.Length > 0)
                {
                    target.Write(lines);
                    target.Flush();
                }
            }
#pragma warning disable CA1031 // Reported to the subtask, which fails with it.
            catch (Exception e)
#pragma warning restore CA1031
            {
                failure = e;
            }

            lines.Clear();
            lock (_lock)
            {
                _failure ??= failure;
                wakes = _isRefusing;
                _isRefusing = false;
            }
        }

        if (wakes)
        {
            context.Wake();
        }
    }

    private void ThrowIfFailed()
    {
        if (_failure is { } failure)
        {
            throw new ConnectorException($"Sink '{context.OperatorName}': the console cannot be written: {failure.Message} Check where the standard output goes.", failure);
        }
    }
}
