using Microsoft.Extensions.Logging;

namespace OrleansStream.Connectors.Streams.Reading;

/// <summary>The streams that were named, each a split; known from the start. Says at the first start what a provider cannot do.</summary>
internal sealed partial class StreamEnumerator : ISplitEnumerator
{
    private readonly StreamSourceOptions _options;

    public StreamEnumerator(SourceContext context, StreamSourceOptions options, StreamServices services)
    {
        _options = options;
        if (!services.Provider(options.Provider).IsRewindable)
        {
            LogMayLose(services.Log, context.OperatorName, options.Provider);
        }
    }

    public TimeSpan? DiscoveryInterval => null;

    public IReadOnlyList<SourceSplit> Discover() => [.. _options.Keys.Select(k => new SourceSplit(_options.SplitOf(k)))];

    public void Dispose()
    {
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "'{Operator}': the stream provider '{Provider}' cannot go back. After a failure, events that were delivered since the last checkpoint are lost")]
    private static partial void LogMayLose(ILogger log, string @operator, string provider);
}
