using OrleansStream.Connectors;
using OrleansStream.Connectors.Files;
using OrleansStream.Formats;

namespace OrleansStream;

/// <summary>
/// Reads files; <see cref="FileSource"/> makes one. Each method returns a changed copy. A file is a split; a large one with a record per line is several
/// (<see cref="WithSplitBytes"/>). A checkpoint holds the byte and line of each split, so that a restart reads each record once more only where its effect was lost. A file must not change while it
/// is read, but for a watched one that grows: one that is gone, cut or replaced below what was read fails the job.
/// </summary>
/// <typeparam name="T">The type of the records.</typeparam>
public sealed class FileSource<T> : ISource<T>
{
    private readonly string _kind;
    private readonly string _path;
    private readonly Func<RecordParser<T>> _createParser;
    private readonly bool _canSplit;
    private readonly FileSourceOptions<T> _options;

    internal FileSource(string kind, string path, Func<RecordParser<T>> createParser, bool canSplit, FileSourceOptions<T>? options = null)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        _kind = kind;
        _path = path;
        _createParser = createParser;
        _canSplit = canSplit;
        _options = options ?? new FileSourceOptions<T>();
    }

    /// <inheritdoc/>
    public string Description => $"{_kind} {_path}";

    /// <inheritdoc/>
    public bool IsBounded => _options.Watch is null;

    /// <summary>
    /// Goes on for ever: looks for new files at an interval, and follows those that it knows: lines that are appended are read, each when its line end is written. A file that was read to its end
    /// may be removed. What was named need not be there yet.
    /// </summary>
    /// <param name="interval">How often to look, by the host's clock.</param>
    public FileSource<T> Watch(TimeSpan interval)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(interval, TimeSpan.FromMilliseconds(1));
        return With(_options with { Watch = interval });
    }

    /// <summary>Reads every file several times, for tests and measurements.</summary>
    /// <param name="times">How often.</param>
    /// <param name="shift">
    /// Makes the record of a later round (1 to <paramref name="times"/> − 1) of one in the file, usually with a later date. Round 0 is the file as it is. Called on the subtask's thread; must depend
    /// on nothing but its arguments.
    /// </param>
    public FileSource<T> Repeat(int times, Func<T, int, T> shift)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(times, 1);
        ArgumentNullException.ThrowIfNull(shift);
        return With(_options with { Rounds = times, Shift = shift });
    }

    /// <summary>
    /// Emits at most so many records a second, by the host's clock, over all subtasks. The subtasks that have files share the rate evenly; those of a watched source share it by the parallelism.
    /// </summary>
    /// <param name="recordsPerSecond">The rate.</param>
    public FileSource<T> Throttle(double recordsPerSecond) => With(_options with { RecordsPerSecond = Connectors.Throttle.Require(recordsPerSecond, nameof(recordsPerSecond)) });

    /// <summary>
    /// Sets the size above which a file with a record per line is cut into ranges that several subtasks read. Default: 64 MiB. CSV files, which may have line ends in fields, and watched files, which
    /// grow, are never cut. In a range a bad record is named by its byte, since its line is not known.
    /// </summary>
    /// <param name="bytes">The size of a range.</param>
    public FileSource<T> WithSplitBytes(long bytes)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(bytes, 1);
        return With(_options with { SplitBytes = bytes });
    }

    /// <summary>Sets the longest record, which also bounds the reader's memory: a longer one is a bad record. Default: 16 MiB.</summary>
    /// <param name="bytes">The length in bytes.</param>
    public FileSource<T> WithMaxLineBytes(int bytes)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(bytes, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(bytes, 512 << 20);
        return With(_options with { MaxLineBytes = bytes });
    }

    /// <inheritdoc/>
    public ISplitEnumerator CreateEnumerator(SourceContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        bool notesSiblings = _options.RecordsPerSecond is not null && _options.Watch is null;
        return new FileSplitEnumerator(context, new FilePattern(_path), _options.Watch, _canSplit ? _options.SplitBytes : null, notesSiblings);
    }

    /// <inheritdoc/>
    public ISourceReader<T> CreateReader(SourceContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        return new FileReader<T>(context, new FilePattern(_path), _createParser, _options);
    }

    internal FileSource<T> WithBlockBytes(int bytes) => With(_options with { BlockBytes = bytes });

    internal FileSource<T> WithMaxOpenFiles(int files) => With(_options with { MaxOpenFiles = files });

    private FileSource<T> With(FileSourceOptions<T> options) => options.Watch is not null && options.Rounds > 1
        ? throw new JobDefinitionException($"The source '{Description}' is watched, so it has no end after which it could be repeated. Use Watch or Repeat, not both.")
        : new FileSource<T>(_kind, _path, _createParser, _canSplit, options);
}
