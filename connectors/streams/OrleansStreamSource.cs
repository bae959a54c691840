using OrleansStream.Connectors.Streams.Reading;

namespace OrleansStream;

/// <summary>Sources that read streams of Orleans.</summary>
public static class OrleansStreamSource
{
    /// <summary>Names the streams of a source: each is a split. The provider is one of the silos that run the job.</summary>
    /// <typeparam name="T">The type of the events, as they were written; Orleans must be able to serialize it.</typeparam>
    /// <param name="provider">The name of the stream provider.</param>
    /// <param name="streamNamespace">The namespace of the streams.</param>
    /// <param name="keys">Their keys, at least one. A stream that was made with a <see cref="Guid"/> has its 32 digits as key (<c>ToString("N")</c>).</param>
    public static OrleansStreamSource<T> For<T>(string provider, string streamNamespace, params string[] keys)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(provider);
        ArgumentException.ThrowIfNullOrWhiteSpace(streamNamespace);
        ArgumentNullException.ThrowIfNull(keys);
        ArgumentOutOfRangeException.ThrowIfZero(keys.Length);
        foreach (string key in keys)
        {
            ArgumentException.ThrowIfNullOrWhiteSpace(key, nameof(keys));
        }

        string? twice = keys.GroupBy(k => k, StringComparer.Ordinal).FirstOrDefault(g => g.Count() > 1)?.Key;
        return twice is null
            ? new OrleansStreamSource<T>(new StreamSourceOptions { Provider = provider, Namespace = streamNamespace, Keys = [.. keys] })
            : throw new ArgumentException($"The stream '{streamNamespace}/{twice}' is named twice.", nameof(keys));
    }
}
