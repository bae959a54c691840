using Microsoft.Extensions.Logging;
using Orleans.Streams;

namespace OrleansStream.Connectors.Streams.Reading;

/// <summary>Reads the streams of a subtask in turn, from the buffers that their subscriptions fill.</summary>
internal sealed partial class SubscriptionReader<T> : ISourceReader<T>
{
    private const int MostAtOnce = 1024;

    private readonly SourceContext _context;
    private readonly StreamSourceOptions _options;
    private readonly StreamServices _services;
    private readonly bool _canRewind;
    private readonly Dictionary<int, StreamFeed<T>> _feeds = [];
    private readonly List<(int Handle, StreamFeed<T> Feed, Task Opening)> _turns = [];
    private readonly StreamSequenceToken?[] _tokens = new StreamSequenceToken?[MostAtOnce];
    private StreamFeed<T>? _polled;
    private int _turn;

    public SubscriptionReader(SourceContext context, StreamSourceOptions options, StreamServices services)
    {
        _context = context;
        _options = options;
        _services = services;
        services.RequireSilo();
        _canRewind = services.Provider(options.Provider).IsRewindable;
    }

    public void AddSplit(int handle, SourceSplit split)
    {
        EventPosition? start = EventPosition.Read(split.Position, split.Id);
        if (start is not null && !_canRewind)
        {
            LogLost(_services.Log, _context.OperatorName, _options.Provider, split.Id);
        }

        StreamFeed<T> feed = new(_context, _options, split.Id, start, _services, _canRewind);
        _feeds.Add(handle, feed);

        // Not on the subtask's thread, which must not wait, nor in the context of a grain.
        _turns.Add((handle, feed, Task.Run(() => OpenAsync(feed))));
    }

    public PollResult Poll(SourceOutput<T> output)
    {
        for (int i = 0; i < _turns.Count; i++)
        {
            (int handle, StreamFeed<T> feed, _) = _turns[_turn];
            _turn = (_turn + 1) % _turns.Count;
            if (feed.Take(output, _tokens, out int bad) + bad > 0)
            {
                _polled = feed;
                return PollResult.Read(handle);
            }
        }

        return PollResult.Nothing;
    }

    public ReadOnlyMemory<byte> Position(int handle) => _feeds[handle].Position?.Write();

    public string? Describe(int handle) => _feeds[handle].Describe();

    public string? PlaceOf(int index) => _polled?.Place(_tokens[index]);

    public void Dispose()
    {
        foreach ((_, StreamFeed<T> feed, Task opening) in _turns)
        {
            feed.Stop();

            // Nobody waits for it: meanwhile the subscription drops what comes. One that stays, since the silo ends, is ended when its grain comes to life again.
            _ = Task.Run(() => CloseAsync(feed, opening));
        }

        _turns.Clear();
    }

    private async Task OpenAsync(StreamFeed<T> feed)
    {
        try
        {
            await Grain(feed).OpenAsync().ConfigureAwait(false);
        }
#pragma warning disable CA1031 // Whatever it is, the reader says it.
        catch (Exception e)
#pragma warning restore CA1031
        {
            feed.Fail("subscribing to", e);
        }
    }

    private async Task CloseAsync(StreamFeed<T> feed, Task opening)
    {
        await opening.ConfigureAwait(false);
        try
        {
            await Task.Delay(_options.Linger).ConfigureAwait(false);
            await Grain(feed).CloseAsync().ConfigureAwait(false);
        }
#pragma warning disable CA1031 // Nothing depends on it.
        catch (Exception e)
#pragma warning restore CA1031
        {
            LogNotClosed(_services.Log, _context.OperatorName, feed.Split, e.Message);
        }
    }

    private IStreamSubscriberGrain Grain(StreamFeed<T> feed) => _services.Client.GetGrain<IStreamSubscriberGrain>(feed.Id);

    [LoggerMessage(
        Level = LogLevel.Warning,
        Message = "'{Operator}': the stream provider '{Provider}' cannot go back. Events of stream '{Stream}' that were delivered since the checkpoint from which the job goes on are lost; it goes on with those that come now")]
    private static partial void LogLost(ILogger log, string @operator, string provider, string stream);

    [LoggerMessage(Level = LogLevel.Information, Message = "'{Operator}': the subscription to stream '{Stream}' was not given up: {Reason}")]
    private static partial void LogNotClosed(ILogger log, string @operator, string stream, string reason);
}
