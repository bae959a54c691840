using OrleansStream.Connectors;

namespace OrleansStream;

/// <summary>
/// Makes records of numbers; <see cref="GeneratorSource"/> makes one. Each method returns a changed copy. The numbers are shared out over splits in turn, and a checkpoint holds how far each
/// split is. How many splits there are is fixed when the job starts for the first time.
/// </summary>
/// <typeparam name="T">The type of the records.</typeparam>
public sealed class GeneratorSource<T> : ISource<T>
{
    private readonly Func<long, T> _make;
    private readonly long? _count;
    private readonly int? _splits;
    private readonly double? _recordsPerSecond;

    internal GeneratorSource(Func<long, T> make, long? count, int? splits, double? recordsPerSecond)
    {
        _make = make;
        _count = count;
        _splits = splits;
        _recordsPerSecond = recordsPerSecond;
    }

    /// <inheritdoc/>
    public string Description => "generator";

    /// <inheritdoc/>
    public bool IsBounded => _count is not null;

    /// <summary>Sets the number of splits. Default: the parallelism of the source when the job starts for the first time; a later change of parallelism shares these out anew.</summary>
    /// <param name="splits">At least 1.</param>
    public GeneratorSource<T> WithSplits(int splits)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(splits, 1);
        return new GeneratorSource<T>(_make, _count, splits, _recordsPerSecond);
    }

    /// <summary>Emits at most so many records a second, by the host's clock, over all subtasks; each split has an equal share of the rate.</summary>
    /// <param name="recordsPerSecond">The rate.</param>
    public GeneratorSource<T> Throttle(double recordsPerSecond) =>
        new(_make, _count, _splits, Connectors.Throttle.Require(recordsPerSecond, nameof(recordsPerSecond)));

    /// <inheritdoc/>
    public ISplitEnumerator CreateEnumerator(SourceContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        return new IndexedSplits("numbers", () => _splits ?? context.Parallelism);
    }

    /// <inheritdoc/>
    public ISourceReader<T> CreateReader(SourceContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        return new Reader(context, _make, _count ?? long.MaxValue, _recordsPerSecond);
    }

    private sealed class Reader(SourceContext context, Func<long, T> make, long count, double? recordsPerSecond) : IndexedReader<T>(context, recordsPerSecond)
    {
        protected override long CountBelow(long first, long step) => IndexedSplits.CountBelow(count, first, step);

        protected override void Emit(SourceOutput<T> output, long first, long step, int records)
        {
            Span<T> free = output.Free(out Span<long> timestamps);
            long number = first;
            for (int i = 0; i < records; i++, number += step)
            {
                free[i] = make(number);
            }

            timestamps[..records].Fill(Batch<T>.NoTimestamp);
            output.Advance(records);
        }
    }
}
