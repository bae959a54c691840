using Orleans.Runtime;
using Orleans.Streams;
using OrleansStream.Connectors.Streams;
using OrleansStream.Connectors.Streams.Writing;

namespace OrleansStream;

/// <summary>
/// Writes streams of Orleans; <see cref="OrleansStreamSink"/> makes one. Each method returns a changed copy. At least once: a checkpoint completes when the provider has taken all that was written before it; after a failure
/// those since the last checkpoint are written again. What becomes of an event that the provider has taken is the provider's promise. The records that a subtask writes to one stream keep their order.
/// </summary>
/// <typeparam name="T">The type of the records.</typeparam>
public sealed class OrleansStreamSink<T> : ISink<T>
{
    private readonly StreamSinkOptions _options;
    private readonly Func<T, string> _key;

    internal OrleansStreamSink(StreamSinkOptions options, Func<T, string> key)
    {
        _options = options;
        _key = key;
    }

    /// <inheritdoc/>
    public string Description => $"Orleans streams {_options.Provider} {_options.Namespace}";

    /// <summary>Sets how many events are given to the provider at once, at most; its queue bounds the size of a message. Default: 100.</summary>
    /// <param name="events">The number, from 1.</param>
    public OrleansStreamSink<T> WithBatch(int events)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(events, 1);
        return With(_options with { Batch = events });
    }

    /// <summary>Sets how many events may be under way before the sink holds back the dataflow. Default: 4096.</summary>
    /// <param name="events">The number, from 1.</param>
    public OrleansStreamSink<T> WithBuffer(int events)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(events, 1);
        return With(_options with { Buffer = events });
    }

    /// <summary>Sets how long a provider that refuses events is tried again before the attempt fails. Default: 30 seconds.</summary>
    /// <param name="timeout">The time.</param>
    public OrleansStreamSink<T> WithTimeout(TimeSpan timeout)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(timeout, TimeSpan.Zero);
        return With(_options with { Timeout = timeout });
    }

    /// <inheritdoc/>
    /// <exception cref="JobDefinitionException">The host has no such provider.</exception>
    public ISinkWriter<T> CreateWriter(SinkContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        IStreamProvider provider = StreamServices.Of(context.Services, context.OperatorName).Provider(_options.Provider);
        return new EventWriter<T>(context, _options, _key, key =>
        {
            IAsyncStream<T> stream = provider.GetStream<T>(StreamId.Create(_options.Namespace, key));
            return events => stream.OnNextBatchAsync(events);
        });
    }

    private OrleansStreamSink<T> With(StreamSinkOptions options) => new(options, _key);
}
