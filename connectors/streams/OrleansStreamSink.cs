using OrleansStream.Connectors.Streams.Writing;

namespace OrleansStream;

/// <summary>Sinks that write streams of Orleans.</summary>
public static class OrleansStreamSink
{
    /// <summary>Writes one stream.</summary>
    /// <typeparam name="T">The type of the records; Orleans must be able to serialize it.</typeparam>
    /// <param name="provider">The name of the stream provider.</param>
    /// <param name="streamNamespace">The namespace of the stream.</param>
    /// <param name="key">Its key.</param>
    public static OrleansStreamSink<T> For<T>(string provider, string streamNamespace, string key)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(key);
        return For<T>(provider, streamNamespace, (T _) => key);
    }

    /// <summary>Writes a stream per key.</summary>
    /// <typeparam name="T">The type of the records; Orleans must be able to serialize it.</typeparam>
    /// <param name="provider">The name of the stream provider.</param>
    /// <param name="streamNamespace">The namespace of the streams.</param>
    /// <param name="key">The key of the stream that a record goes to, not empty.</param>
    public static OrleansStreamSink<T> For<T>(string provider, string streamNamespace, Func<T, string> key)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(provider);
        ArgumentException.ThrowIfNullOrWhiteSpace(streamNamespace);
        ArgumentNullException.ThrowIfNull(key);
        return new OrleansStreamSink<T>(new StreamSinkOptions { Provider = provider, Namespace = streamNamespace }, key);
    }
}
