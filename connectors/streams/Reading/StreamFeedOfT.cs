using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging;
using Orleans.Streams;

namespace OrleansStream.Connectors.Streams.Reading;

/// <summary>
/// The events of one stream on their way to its reader, in order. A delivery is taken whole; it completes, and with it the provider goes on, when no more than the buffer's size waits. One that comes again, since the provider
/// grew impatient meanwhile, is known by its tokens. The lock is held once per delivery and poll.
/// </summary>
/// <param name="context">The reader's place.</param>
/// <param name="options">What the source was told.</param>
/// <param name="split">The split.</param>
/// <param name="start">Where to go on; null for what comes from now on.</param>
/// <param name="services">Orleans.</param>
/// <param name="canRewind">Whether tokens order the events.</param>
internal sealed partial class StreamFeed<T>(SourceContext context, StreamSourceOptions options, string split, EventPosition? start, StreamServices? services, bool canRewind)
    : StreamFeed(options.Provider, options.Namespace, options.KeyOf(split)), IAsyncBatchObserver<T>
{
    // A provider delivers one batch at a time, and the next when it has given one up: about a minute each.
    private const int MostHeld = 16;

    private readonly Lock _gate = new();
    private readonly Queue<Delivery> _deliveries = new();
    private readonly Queue<TaskCompletionSource> _held = new();
    private StreamSubscriptionHandle<T>? _handle;
    private EventPosition? _queuedThrough = canRewind ? start : null;
    private Task _newest = Task.CompletedTask;
    private int _waiting;
    private bool _isStopped;
    private bool _hasRefused;
    private volatile StreamException? _failure;

    // The reader's own.
    private Delivery? _current;
    private int _at;
    private StreamSequenceToken? _first;
    private StreamSequenceToken? _last;

    public string Split => split;

    /// <summary>How many deliveries are held back; for tests.</summary>
    public int Held
    {
        get
        {
            lock (_gate)
            {
                return _held.Count;
            }
        }
    }

    public override async Task SubscribeAsync(IStreamProvider provider)
    {
        StreamSequenceToken? from = canRewind && start is { Token.IsEmpty: false } ? services!.Serializer.Deserialize<StreamSequenceToken>(start.Token) : null;
        _handle = await provider.GetStream<T>(Stream).SubscribeAsync(this, from);
    }

    public override async Task UnsubscribeAsync()
    {
        Stop();
        if (_handle is { } handle)
        {
            _handle = null;
            await handle.UnsubscribeAsync();
        }
    }

    /// <summary>Takes nothing any more and holds nobody back. Any thread.</summary>
    public void Stop()
    {
        Forget();
        lock (_gate)
        {
            _isStopped = true;
            Release();
        }
    }

    public override void Fail(string what, Exception? cause) => Fail(new ConnectorException(
        $"'{context.OperatorName}': {what} stream '{split}' of provider '{options.Provider}' failed: {cause?.Message ?? "its grain was deactivated"}", cause, canRetry: true));

    public Task OnNextAsync(IList<SequentialItem<T>> items)
    {
        List<SequentialItem<T>> events = items as List<SequentialItem<T>> ?? [.. items];
        bool wakes;
        Task done;
        lock (_gate)
        {
            if (_isStopped)
            {
                return Task.CompletedTask;
            }

            int from = FirstNew(events);
            if (from == events.Count)
            {
                return _newest;
            }

            if (_held.Count == MostHeld)
            {
                _hasRefused = true;
                throw new InvalidOperationException($"'{context.OperatorName}': {MostHeld} batches of stream '{split}' wait for the job, which does not take them.");
            }

            wakes = _waiting == 0;
            _waiting += events.Count - from;
            _deliveries.Enqueue(new Delivery(events, from));
            if (canRewind)
            {
                StreamSequenceToken last = events[^1].Token;
                _queuedThrough = new EventPosition(last.SequenceNumber, last.EventIndex, default);
            }

            done = _newest = Hold();
        }

        if (wakes)
        {
            context.Wake();
        }

        return done;
    }

    public Task OnErrorAsync(Exception ex)
    {
        switch (ex)
        {
            case DataNotAvailableException when options.SkipMissing:
                LogMissing(services!.Log, context.OperatorName, split, ex.Message);
                break;
            case DataNotAvailableException:
                Fail(new ConnectorException(
                    $"'{context.OperatorName}': stream '{split}' of provider '{options.Provider}' does not have any more what is to be read next: {ex.Message} Let the provider keep events for longer "
                    + "(StreamCacheEvictionOptions, the retention of its queue), take checkpoints more often, or go on without them by SkipMissing().",
                    ex));
                break;
            case StreamEventDeliveryFailureException when IsHolding:
                // It was the provider's patience: what it has given up is here and waits.
                break;
            default:
                Fail(new ConnectorException(
                    $"'{context.OperatorName}': the provider '{options.Provider}' could not deliver an event of stream '{split}': {ex.Message} The job goes back to its last checkpoint. "
                    + "If it is slow for minutes at a time, raise the provider's MaxEventDeliveryTime.",
                    ex, canRetry: true));
                break;
        }

        return Task.CompletedTask;
    }

    /// <summary>Emits what has come. The reader's thread.</summary>
    /// <param name="output">Takes the events.</param>
    /// <param name="tokens">Gets their tokens.</param>
    /// <param name="bad">Events that are null.</param>
    /// <returns>How many were emitted.</returns>
    public int Take(SourceOutput<T> output, StreamSequenceToken?[] tokens, out int bad)
    {
        if (_failure is { } failure)
        {
            throw failure;
        }

        bad = 0;
        int taken = 0;
        int most = Math.Min(output.Room, tokens.Length);
        while (taken < most && (_current is not null || Next()))
        {
            ReadOnlySpan<SequentialItem<T>> events = CollectionsMarshal.AsSpan(_current!.Events);
            int end = Math.Min(events.Length, _at + most - taken);
            for (; _at < end; _at++)
            {
                SequentialItem<T> item = events[_at];
                if (item.Item is null)
                {
                    bad++;
                    output.EmitBad(new BadRecord(Place(item.Token), "the event is null", ""));
                    continue;
                }

                output.Emit(item.Item);
                tokens[taken++] = item.Token;
            }

            _first = events[0].Token;
            _last = events[_at - 1].Token;
            if (_at == events.Length)
            {
                _current = null;
            }
        }

        if (taken + bad > 0)
        {
            lock (_gate)
            {
                _waiting -= taken + bad;
                if (_waiting <= options.Buffer / 2)
                {
                    Release();
                }
            }
        }

        return taken;
    }

    /// <summary>Where the reading stands. The reader's thread.</summary>
    public EventPosition? Position => _last is null ? start : EventPosition.Of(_last, _first!, canRewind, services!.Serializer);

    /// <summary>Where the reading stands, in words. The reader's thread.</summary>
    public string Describe() => _last is { } last ? EventPosition.Describe(last.SequenceNumber, last.EventIndex) : start?.ToString() ?? "before its first event";

    /// <summary>The place of an event, for messages.</summary>
    public string Place(StreamSequenceToken? token) => token is null ? $"stream '{split}'" : $"stream '{split}', {EventPosition.Describe(token.SequenceNumber, token.EventIndex)}";

    private bool IsHolding
    {
        get
        {
            lock (_gate)
            {
                return _held.Count > 0 && !_hasRefused;
            }
        }
    }

    private bool Next()
    {
        lock (_gate)
        {
            if (!_deliveries.TryDequeue(out _current))
            {
                return false;
            }
        }

        _at = _current.From;
        return true;
    }

    private int FirstNew(List<SequentialItem<T>> events)
    {
        int from = 0;
        if (_queuedThrough is { } through)
        {
            while (from < events.Count && !through.IsBefore(events[from].Token))
            {
                from++;
            }
        }

        return from;
    }

    private Task Hold()
    {
        if (_waiting <= options.Buffer)
        {
            return Task.CompletedTask;
        }

        TaskCompletionSource held = new(TaskCreationOptions.RunContinuationsAsynchronously);
        _held.Enqueue(held);
        return held.Task;
    }

    private void Release()
    {
        while (_held.TryDequeue(out TaskCompletionSource? held))
        {
            held.SetResult();
        }
    }

    private void Fail(StreamException failure)
    {
        lock (_gate)
        {
            if (_isStopped)
            {
                return;
            }

            // The first one is the reason of those that follow.
            _failure ??= failure;
        }

        context.Wake();
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "'{Operator}': events of stream '{Stream}' are missing, and the job goes on without them: {Reason}")]
    private static partial void LogMissing(ILogger log, string @operator, string stream, string reason);

    private sealed record Delivery(List<SequentialItem<T>> Events, int From);
}
