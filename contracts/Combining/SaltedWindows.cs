using OrleansStream.Combining;

namespace OrleansStream;

/// <summary>
/// Windows of keys that were spread over several subtasks each: a salt beside the key says which. Each window is aggregated for each salt first, and what that gives is put together for the key when the window ends.
/// </summary>
/// <typeparam name="TKey">The type of the key.</typeparam>
/// <typeparam name="T">The type of the records.</typeparam>
public sealed class SaltedWindows<TKey, T>
{
    private readonly KeyedStream<(TKey Key, int Salt), Salted<T>> _salted;
    private readonly AlignedWindows _windows;
    private readonly string? _uid;

    internal SaltedWindows(KeyedStream<(TKey Key, int Salt), Salted<T>> salted, AlignedWindows windows, string? uid)
    {
        _salted = salted;
        _windows = windows;
        _uid = uid;
    }

    /// <inheritdoc cref="WindowedStream{TKey, T}.Aggregate{TAcc, TOut, TResult}(IAggregate{T, TAcc, TOut}, Func{TimeWindow, TKey, TOut, TResult})"/>
    /// <exception cref="JobDefinitionException">The aggregate has no Merge.</exception>
    public OperatorStream<TResult> Aggregate<TAcc, TOut, TResult>(IAggregate<T, TAcc, TOut> aggregate, Func<TimeWindow, TKey, TOut, TResult> result)
    {
        ArgumentNullException.ThrowIfNull(aggregate);
        ArgumentNullException.ThrowIfNull(result);
        if (!AggregateTraits.CanMerge(aggregate))
        {
            throw new JobDefinitionException($"Salt needs an aggregate that can be put together from parts, and {aggregate.GetType().Name} has no Merge. Implement IAggregate<,,>.Merge, or leave Salt out.");
        }

        OperatorStream<Partial<TKey, T, TAcc>> parts = _salted.Window(_windows)
            .Aggregate(new SaltedAggregate<T, TAcc, TOut>(aggregate), static (_, key, accumulator) => new Partial<TKey, T, TAcc>(key.Key, default, 1, accumulator, default!));
        if (_uid is not null)
        {
            parts.WithUid(_uid);
        }

        // The parts of a window have its last millisecond as timestamp; windows that end there and are as long as the slide hold just those.
        long size = _windows.Size;
        TumblingWindows ends = TumblingWindows.Of(TimeSpan.FromMilliseconds(_windows.Slide), TimeSpan.FromMilliseconds((_windows.Offset + size) % _windows.Slide));
        return parts.KeyBy(static part => part.Key).Window(ends)
            .Aggregate(new MergePartials<TKey, T, TAcc, TOut>(aggregate), (window, key, value) => result(new TimeWindow(window.End - size, window.End), key, value));
    }

    /// <inheritdoc cref="WindowedStream{TKey, T}.Reduce{TResult}(Func{T, T, T}, Func{TimeWindow, TKey, T, TResult})"/>
    public OperatorStream<TResult> Reduce<TResult>(Func<T, T, T> reduce, Func<TimeWindow, TKey, T, TResult> result)
    {
        ArgumentNullException.ThrowIfNull(reduce);
        return Aggregate(new ReduceAggregate<T>(reduce), result);
    }
}
