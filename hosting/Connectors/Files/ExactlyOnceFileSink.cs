using OrleansStream.Connectors.Files;

namespace OrleansStream;

/// <summary>
/// Writes files that become visible only when the checkpoint that covers them has completed; <see cref="FileSink{T}.ExactlyOnce"/> makes one. At a barrier the records since the last one are
/// written to hidden files (<c>.part-….inprogress</c>) and flushed to the disk; when the checkpoint has completed these get their names. A visible file never changes. Readers must leave hidden
/// files alone. A checkpoint without records makes no file.
/// </summary>
/// <typeparam name="T">The type of the records.</typeparam>
public sealed class ExactlyOnceFileSink<T> : ITwoPhaseSink<T>
{
    private readonly string _path;
    private readonly Func<RecordFormatter<T>> _createFormatter;
    private readonly FileSinkOptions _options;

    internal ExactlyOnceFileSink(string description, string path, Func<RecordFormatter<T>> createFormatter, FileSinkOptions options)
    {
        Description = description;
        _path = path;
        _createFormatter = createFormatter;
        _options = options;
    }

    /// <inheritdoc/>
    public string Description { get; }

    /// <summary>
    /// Takes a part that is neither hidden nor visible for one that was visible and has been moved away since. A restart commits the parts of its checkpoint once more, so this is for output that
    /// others take out of the folder; without it the job says which part it misses and waits.
    /// </summary>
    public ExactlyOnceFileSink<T> AllowMissingParts() => new(Description, _path, _createFormatter, _options with { AllowMissingParts = true });

    /// <inheritdoc/>
    /// <exception cref="ConnectorException">The folder cannot be made.</exception>
    public ISinkWriter<T> CreateWriter(SinkContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        SinkFolder.Make(context.OperatorName, _path);
        RecordFormatter<T> formatter = _createFormatter();
        return new FileSinkWriter<T>(context, formatter, new EpochPartFiles(context, _path, formatter.Extension), _options);
    }

    /// <inheritdoc/>
    /// <exception cref="ConnectorException">The folder cannot be made.</exception>
    public ISinkCommitter CreateCommitter(SinkContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        SinkFolder.Make(context.OperatorName, _path);
        return new FileSinkCommitter(context, _path, _options);
    }
}
