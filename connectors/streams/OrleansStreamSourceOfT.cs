using OrleansStream.Connectors.Streams;
using OrleansStream.Connectors.Streams.Reading;

namespace OrleansStream;

/// <summary>
/// Reads streams of Orleans; <see cref="OrleansStreamSource"/> makes one. Each method returns a changed copy. The job must run on silos, of which one has the provider. With a provider that can go back
/// (<see cref="global::Orleans.Streams.IStreamProvider.IsRewindable"/>) the checkpoint holds the sequence token of each stream and a restart goes on from there: exactly once, as long as the provider still has the
/// events. With one that cannot, what was delivered since the last checkpoint is lost in a failure, which the log says at each start.
/// </summary>
/// <typeparam name="T">The type of the events.</typeparam>
public sealed class OrleansStreamSource<T> : ISource<T>
{
    private readonly StreamSourceOptions _options;

    internal OrleansStreamSource(StreamSourceOptions options)
    {
        _options = options;
    }

    /// <inheritdoc/>
    public string Description => $"Orleans streams {_options.Provider} {_options.Namespace}";

    /// <inheritdoc/>
    public bool IsBounded => false;

    /// <summary>Sets how many events of a stream wait for the job before the provider is held back. Default: 4096.</summary>
    /// <param name="events">The number, from 1.</param>
    public OrleansStreamSource<T> WithBuffer(int events)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(events, 1);
        return new OrleansStreamSource<T>(_options with { Buffer = events });
    }

    /// <summary>Goes on, with a warning in the log, when the provider does not have any more what is to be read next. Default: the job fails.</summary>
    public OrleansStreamSource<T> SkipMissing() => new(_options with { SkipMissing = true });

    /// <inheritdoc/>
    public ISplitEnumerator CreateEnumerator(SourceContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        return new StreamEnumerator(context, _options, StreamServices.Of(context.Services, context.OperatorName));
    }

    /// <inheritdoc/>
    /// <exception cref="JobDefinitionException">The host is no silo, or has no such provider.</exception>
    public ISourceReader<T> CreateReader(SourceContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        return new SubscriptionReader<T>(context, _options, StreamServices.Of(context.Services, context.OperatorName));
    }
}
