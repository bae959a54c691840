namespace OrleansStream;

/// <summary>Collects a stream for a test or a caller in the same process.</summary>
public static class CollectExtensions
{
    /// <summary>Ends the stream in a <see cref="CollectSink{T}"/>.</summary>
    /// <typeparam name="T">The type of the records.</typeparam>
    /// <param name="stream">The stream.</param>
    /// <param name="name">The name under which <see cref="CollectedResults.Get"/> finds the records.</param>
    public static SinkStream Collect<T>(this DataStream<T> stream, string name)
    {
        ArgumentNullException.ThrowIfNull(stream);
        return stream.SinkTo(new CollectSink<T>(name));
    }
}
