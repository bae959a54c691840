namespace OrleansStream;

/// <summary>Sinks that show records as text.</summary>
public static class ConsoleSink
{
    /// <summary>
    /// Writes a line per record, at once and again after a failure: what was written since the last checkpoint can appear twice. At a barrier all is flushed.
    /// </summary>
    /// <typeparam name="T">The type of the records.</typeparam>
    /// <param name="prefix">Stands before each record as <c>prefix> </c>; with several subtasks also the number of the subtask, from 1.</param>
    /// <param name="writer">Where to write; null for the standard output. Called by one thread at a time of each subtask, a few lines per call.</param>
    /// <param name="format">Shows a record; null for its <c>ToString</c>.</param>
    public static ISink<T> Of<T>(string? prefix = null, TextWriter? writer = null, Func<T, string>? format = null) =>
        new ConsoleSink<T>(prefix, writer, format);

    /// <summary>Ends the stream in a console sink.</summary>
    /// <typeparam name="T">The type of the records.</typeparam>
    /// <param name="stream">The stream.</param>
    /// <param name="prefix">Stands before each record as <c>prefix> </c>.</param>
    public static SinkStream Print<T>(this DataStream<T> stream, string? prefix = null)
    {
        ArgumentNullException.ThrowIfNull(stream);
        return stream.SinkTo(Of<T>(prefix));
    }
}
