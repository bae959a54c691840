using OrleansStream.Connectors;

namespace OrleansStream;

/// <summary>Emits the elements of a collection; <see cref="MemorySource"/> makes one. A checkpoint holds how far each split is.</summary>
/// <typeparam name="T">The type of the records.</typeparam>
public sealed class MemorySource<T> : ISource<T>
{
    private readonly IEnumerable<T>? _plain;
    private readonly IEnumerable<(T Value, long Timestamp)>? _timed;
    private readonly int _splits;

    internal MemorySource(IEnumerable<T>? plain, IEnumerable<(T Value, long Timestamp)>? timed, int splits)
    {
        _plain = plain;
        _timed = timed;
        _splits = splits;
    }

    /// <inheritdoc/>
    public string Description => "collection";

    /// <inheritdoc/>
    public bool IsBounded => true;

    /// <summary>
    /// Returns a source that deals the elements out to several splits in turn, so that several subtasks emit them; the order is kept within a split only. Default: 1.
    /// </summary>
    /// <param name="splits">At least 1.</param>
    public MemorySource<T> WithSplits(int splits)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(splits, 1);
        return new MemorySource<T>(_plain, _timed, splits);
    }

    /// <inheritdoc/>
    public ISplitEnumerator CreateEnumerator(SourceContext context) => new IndexedSplits("elements", () => _splits);

    /// <inheritdoc/>
    public ISourceReader<T> CreateReader(SourceContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        return _plain is not null
            ? new Reader(context, _plain as IReadOnlyList<T> ?? [.. _plain])
            : new TimedReader(context, _timed as IReadOnlyList<(T Value, long Timestamp)> ?? [.. _timed!]);
    }

    private sealed class Reader(SourceContext context, IReadOnlyList<T> items) : IndexedReader<T>(context, null)
    {
        protected override long CountBelow(long first, long step) => IndexedSplits.CountBelow(items.Count, first, step);

        protected override void Emit(SourceOutput<T> output, long first, long step, int records)
        {
            for (int i = 0; i < records; i++)
            {
                output.Emit(items[(int)(first + (i * step))]);
            }
        }
    }

    private sealed class TimedReader(SourceContext context, IReadOnlyList<(T Value, long Timestamp)> items) : IndexedReader<T>(context, null)
    {
        protected override long CountBelow(long first, long step) => IndexedSplits.CountBelow(items.Count, first, step);

        protected override void Emit(SourceOutput<T> output, long first, long step, int records)
        {
            for (int i = 0; i < records; i++)
            {
                (T value, long timestamp) = items[(int)(first + (i * step))];
                output.Emit(in value, timestamp);
            }
        }
    }
}
