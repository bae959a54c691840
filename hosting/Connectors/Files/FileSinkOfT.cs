using OrleansStream.Connectors.Files;

namespace OrleansStream;

/// <summary>
/// Writes files; <see cref="FileSink"/> makes one. Each method returns a changed copy. As it is, at least once: lines are visible when they are written, and durable when a checkpoint has completed.
/// A new attempt begins new files, and writes again what came after the checkpoint from which it starts; the last line of a file of an attempt that was killed may be cut off.
/// <see cref="ExactlyOnce"/> has neither.
/// </summary>
/// <typeparam name="T">The type of the records.</typeparam>
public sealed class FileSink<T> : ISink<T>
{
    private readonly string _kind;
    private readonly string _path;
    private readonly Func<RecordFormatter<T>> _createFormatter;
    private readonly FileSinkOptions _options;

    internal FileSink(string kind, string path, Func<RecordFormatter<T>> createFormatter, FileSinkOptions? options = null)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        _kind = kind;
        _path = path;
        _createFormatter = createFormatter;
        _options = options ?? new FileSinkOptions();
    }

    /// <inheritdoc/>
    public string Description => $"{_kind} {_path}";

    /// <summary>Makes files visible only when the checkpoint that covers them has completed, each record in exactly one of them.</summary>
    public ExactlyOnceFileSink<T> ExactlyOnce() => new(Description, _path, _createFormatter, _options);

    /// <summary>Sets the size at which a file is ended and another begun. Default: 128 MiB.</summary>
    /// <param name="bytes">The size; a record is never divided, so a file can be a little larger.</param>
    public FileSink<T> WithPartBytes(long bytes)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(bytes, 1);
        return new FileSink<T>(_kind, _path, _createFormatter, _options with { PartBytes = bytes });
    }

    /// <summary>Sets how much a subtask holds in memory for a slow disk before it holds back the dataflow. Default: 8 MiB.</summary>
    /// <param name="bytes">The size.</param>
    public FileSink<T> WithBufferBytes(long bytes)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(bytes, 1);
        return new FileSink<T>(_kind, _path, _createFormatter, _options with { BufferBytes = bytes });
    }

    /// <inheritdoc/>
    /// <exception cref="ConnectorException">The folder cannot be made.</exception>
    public ISinkWriter<T> CreateWriter(SinkContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        SinkFolder.Make(context.OperatorName, _path);
        RecordFormatter<T> formatter = _createFormatter();
        return new FileSinkWriter<T>(context, formatter, new LivePartFiles(context, _path, formatter.Extension), _options);
    }

    internal FileSink<T> WithBlockBytes(int bytes) => new(_kind, _path, _createFormatter, _options with { BlockBytes = bytes });
}
