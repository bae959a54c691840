using System.Runtime.InteropServices;

namespace OrleansStream.Connectors.Streams.Writing;

/// <summary>The events for one stream. Filled by the subtask's thread, sent by the thread pool, one batch after the other.</summary>
/// <param name="give">Gives events to the stream.</param>
/// <param name="options">What the sink was told.</param>
/// <param name="key">The stream's key.</param>
/// <param name="owner">Is told what becomes of batches.</param>
internal sealed class EventOutbox<T>(Func<T[], Task> give, StreamSinkOptions options, string key, EventWriter<T> owner)
{
    private static readonly TimeSpan s_firstPause = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan s_longestPause = TimeSpan.FromSeconds(2);

    private readonly Lock _gate = new();
    private readonly Queue<(T[] Events, WriterEpoch Epoch)> _batches = new();
    private readonly List<T> _filling = [];
    private bool _isSending;

    /// <summary>Whether nothing waits and nothing is under way.</summary>
    public bool IsIdle
    {
        get
        {
            lock (_gate)
            {
                return !_isSending;
            }
        }
    }

    /// <summary>Adds a record, which <see cref="Send"/> sends.</summary>
    /// <returns>Whether it is the first since.</returns>
    public bool Fill(T value)
    {
        _filling.Add(value);
        return _filling.Count == 1;
    }

    /// <summary>Sends what was added.</summary>
    public void Send(WriterEpoch epoch, CancellationToken stop)
    {
        lock (_gate)
        {
            ReadOnlySpan<T> events = CollectionsMarshal.AsSpan(_filling);
            for (int from = 0; from < events.Length; from += options.Batch)
            {
                _batches.Enqueue((events[from..Math.Min(from + options.Batch, events.Length)].ToArray(), epoch));
            }

            _filling.Clear();
            if (_isSending)
            {
                return;
            }

            _isSending = true;
        }

        // On a thread of the pool: not on the subtask's, nor in the context of a grain.
        _ = Task.Run(() => SendAllAsync(stop), CancellationToken.None);
    }

    private async Task SendAllAsync(CancellationToken stop)
    {
        while (true)
        {
            (T[] Events, WriterEpoch Epoch) batch;
            lock (_gate)
            {
                if (stop.IsCancellationRequested || !_batches.TryDequeue(out batch))
                {
                    _isSending = false;
                    return;
                }
            }

            if (await FailureOfAsync(batch.Events, stop).ConfigureAwait(false) is { } failure)
            {
                owner.Fail(key, failure);
                return;
            }

            owner.Delivered(batch.Epoch, batch.Events.Length);
        }
    }

    // Tries again and again, with longer and longer pauses.
    private async Task<Exception?> FailureOfAsync(T[] events, CancellationToken stop)
    {
        long began = Environment.TickCount64;
        TimeSpan pause = s_firstPause;
        while (true)
        {
            try
            {
                await give(events).ConfigureAwait(false);
                return null;
            }
#pragma warning disable CA1031 // A provider fails as it likes.
            catch (Exception e)
#pragma warning restore CA1031
            {
                if (stop.IsCancellationRequested || Environment.TickCount64 - began + pause.TotalMilliseconds > options.Timeout.TotalMilliseconds)
                {
                    return e;
                }
            }

            await Task.Delay(pause, CancellationToken.None).ConfigureAwait(false);
            pause = pause * 2 < s_longestPause ? pause * 2 : s_longestPause;
        }
    }
}
