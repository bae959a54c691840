using System.Collections.Concurrent;
using Orleans.Runtime;
using Orleans.Streams;

namespace OrleansStream.Connectors.Streams.Reading;

/// <summary>The events of one stream on their way from the grain that is subscribed to the reader, seen by the grain.</summary>
internal abstract class StreamFeed
{
    private static readonly ConcurrentDictionary<Guid, StreamFeed> s_open = new();

    protected StreamFeed(string provider, string streamNamespace, string key)
    {
        Provider = provider;
        Stream = StreamId.Create(streamNamespace, key);
        s_open[Id] = this;
    }

    /// <summary>The key of the grain; no other feed ever has it.</summary>
    public Guid Id { get; } = Guid.NewGuid();

    public string Provider { get; }

    public StreamId Stream { get; }

    /// <summary>The feed of this process that a grain is for; null if its reader is gone, or is in another process.</summary>
    public static StreamFeed? Find(Guid id) => s_open.GetValueOrDefault(id);

    /// <summary>Subscribes. In the context of the grain.</summary>
    public abstract Task SubscribeAsync(IStreamProvider provider);

    /// <summary>Gives the subscription up. In the context of the grain.</summary>
    public abstract Task UnsubscribeAsync();

    /// <summary>The subscription is of no use any more: the reader fails. Any thread.</summary>
    public abstract void Fail(string what, Exception? cause);

    protected void Forget() => s_open.TryRemove(Id, out _);
}
