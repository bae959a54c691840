using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using Orleans;
using Orleans.Configuration;
using Orleans.Hosting;
using Orleans.Providers.Streams.Common;
using Orleans.Runtime;
using Orleans.Streams;

namespace OrleansStream.Orleans.Tests.Streams;

/// <summary>Queues of a stream provider that keep everything and outlive the silos: what an event hub is to a cluster.</summary>
internal sealed class EventLog
{
    private readonly ConcurrentDictionary<string, List<LogBatch>> _queues = new();

    public void Append(string queue, StreamId stream, IEnumerable<object> events)
    {
        List<LogBatch> batches = _queues.GetOrAdd(queue, _ => []);
        lock (batches)
        {
            batches.Add(new LogBatch(stream, [.. events], new EventSequenceTokenV2(batches.Count + 1)));
        }
    }

    public List<IBatchContainer> Read(string queue, int from, int count)
    {
        List<LogBatch> batches = _queues.GetOrAdd(queue, _ => []);
        lock (batches)
        {
            return [.. batches.Skip(from).Take(count)];
        }
    }
}

/// <summary>What was written at once.</summary>
[GenerateSerializer]
internal sealed class LogBatch(StreamId stream, List<object> events, EventSequenceTokenV2 token) : IBatchContainer
{
    [Id(0)]
    private readonly StreamId _stream = stream;

    [Id(1)]
    private readonly List<object> _events = events;

    [Id(2)]
    private readonly EventSequenceTokenV2 _token = token;

    public StreamId StreamId => _stream;

    public StreamSequenceToken SequenceToken => _token;

    public IEnumerable<Tuple<T, StreamSequenceToken>> GetEvents<T>() =>
        _events.Select((e, i) => Tuple.Create((T)e, (StreamSequenceToken)_token.CreateSequenceTokenForEvent(i)));

    public bool ImportRequestContext() => false;
}

/// <summary>A stream provider over an <see cref="EventLog"/>. A receiver begins with the oldest event; whoever subscribes with a token gets what comes from there.</summary>
internal sealed class LogProvider(string name, EventLog log, bool isRewindable) : IQueueAdapterFactory, IQueueAdapter
{
    private readonly HashRingBasedStreamQueueMapper _mapper = new(new HashRingStreamQueueMapperOptions { TotalQueueCount = 2 }, name);

    public string Name => name;

    public bool IsRewindable => isRewindable;

    public StreamProviderDirection Direction => StreamProviderDirection.ReadWrite;

    public static void Add(ISiloBuilder silo, string name, EventLog log, bool isRewindable) => silo.AddPersistentStreams(
        name, (_, own) => new LogProvider(own, log, isRewindable),
        streams => streams.ConfigurePullingAgent(o => o.Configure(agent => agent.GetQueueMsgsTimerPeriod = TimeSpan.FromMilliseconds(20))));

    public Task<IQueueAdapter> CreateAdapter() => Task.FromResult<IQueueAdapter>(this);

    public IQueueAdapterCache GetQueueAdapterCache() => new Caches();

    public IStreamQueueMapper GetStreamQueueMapper() => _mapper;

    public Task<IStreamFailureHandler> GetDeliveryFailureHandler(QueueId queueId) => Task.FromResult<IStreamFailureHandler>(new NoOpStreamDeliveryFailureHandler());

    public IQueueAdapterReceiver CreateReceiver(QueueId queueId) => new Receiver(log, queueId.ToString());

    public Task QueueMessageBatchAsync<T>(StreamId streamId, IEnumerable<T> events, StreamSequenceToken? token, Dictionary<string, object>? requestContext)
    {
        log.Append(_mapper.GetQueueForStream(streamId).ToString(), streamId, events.Cast<object>());
        return Task.CompletedTask;
    }

    private sealed class Caches : IQueueAdapterCache
    {
        public IQueueCache CreateQueueCache(QueueId queueId) => new Cache();
    }

    // Keeps all that its receiver has read.
    private sealed class Cache : IQueueCache
    {
        private readonly List<IBatchContainer> _batches = [];

        public int GetMaxAddCount() => 100;

        public void AddToCache(IList<IBatchContainer> messages) => _batches.AddRange(messages);

        public bool TryPurgeFromCache([NotNullWhen(true)] out IList<IBatchContainer>? purgedItems)
        {
            purgedItems = null;
            return false;
        }

        public bool IsUnderPressure() => false;

        public IQueueCacheCursor GetCacheCursor(StreamId streamId, StreamSequenceToken? token)
        {
            int from = token is null ? _batches.Count : _batches.FindIndex(b => b.SequenceToken.SequenceNumber >= token.SequenceNumber);
            return new Cursor(_batches, streamId, from < 0 ? _batches.Count : from);
        }
    }

    private sealed class Cursor(List<IBatchContainer> batches, StreamId stream, int next) : IQueueCacheCursor
    {
        private int _next = next;
        private IBatchContainer? _current;

        public IBatchContainer? GetCurrent(out Exception? exception)
        {
            exception = null;
            return _current;
        }

        public bool MoveNext()
        {
            while (_next < batches.Count)
            {
                _current = batches[_next++];
                if (_current.StreamId == stream)
                {
                    return true;
                }
            }

            return false;
        }

        public void Refresh(StreamSequenceToken token)
        {
        }

        public void RecordDeliveryFailure()
        {
        }

        public void Dispose()
        {
        }
    }

    private sealed class Receiver(EventLog log, string queue) : IQueueAdapterReceiver
    {
        private int _next;

        public Task Initialize(TimeSpan timeout) => Task.CompletedTask;

        public Task<IList<IBatchContainer>> GetQueueMessagesAsync(int maxCount)
        {
            IList<IBatchContainer> batches = log.Read(queue, _next, maxCount < 0 ? 100 : Math.Min(maxCount, 100));
            _next += batches.Count;
            return Task.FromResult(batches);
        }

        public Task MessagesDeliveredAsync(IList<IBatchContainer> messages) => Task.CompletedTask;

        public Task Shutdown(TimeSpan timeout) => Task.CompletedTask;
    }
}
