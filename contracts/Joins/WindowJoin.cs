using System.Runtime.InteropServices;

namespace OrleansStream;

/// <summary>Called for each firing of a window with the records of both streams; either list may be empty. The lists are valid during the call only.</summary>
/// <typeparam name="TKey">The type of the key.</typeparam>
/// <typeparam name="T1">The type of the first stream's records.</typeparam>
/// <typeparam name="T2">The type of the second stream's records.</typeparam>
/// <typeparam name="TOut">The type of the records that are emitted.</typeparam>
/// <param name="context">The window, its key, side outputs.</param>
/// <param name="first">The records of the first stream, in the order in which they came.</param>
/// <param name="second">The records of the second stream, in the order in which they came.</param>
/// <param name="output">Takes any number of results, with the last millisecond of the window as timestamp.</param>
public delegate void CoGroupAction<TKey, T1, T2, TOut>(WindowContext<TKey> context, IReadOnlyList<T1> first, IReadOnlyList<T2> second, Output<TOut> output);

/// <summary>Two streams joined in windows. Late records are counted and dropped.</summary>
/// <typeparam name="TKey">The type of the key.</typeparam>
/// <typeparam name="T1">The type of the first stream's records.</typeparam>
/// <typeparam name="T2">The type of the second stream's records.</typeparam>
public sealed class WindowJoin<TKey, T1, T2>
{
    private readonly WindowedStream<TKey, JoinSide<T1, T2>> _windows;

    internal WindowJoin(WindowedStream<TKey, JoinSide<T1, T2>> windows)
    {
        _windows = windows;
    }

    /// <inheritdoc cref="WindowedStream{TKey, T}.AllowLateness"/>
    public WindowJoin<TKey, T1, T2> AllowLateness(TimeSpan lateness) => new(_windows.AllowLateness(lateness));

    /// <inheritdoc cref="WindowedStream{TKey, T}.Trigger"/>
    public WindowJoin<TKey, T1, T2> Trigger(Trigger trigger) => new(_windows.Trigger(trigger));

    /// <inheritdoc cref="WindowedStream{TKey, T}.Evict"/>
    public WindowJoin<TKey, T1, T2> Evict(Evictor<JoinSide<T1, T2>> evictor) => new(_windows.Evict(evictor));

    /// <inheritdoc cref="WindowedStream{TKey, T}.Discarding"/>
    public WindowJoin<TKey, T1, T2> Discarding() => new(_windows.Discarding());

    /// <summary>Makes a record of each pair in a window; a window with records of one stream only gives none.</summary>
    /// <typeparam name="TOut">The type of the records that are emitted.</typeparam>
    /// <param name="select">Makes it.</param>
    public OperatorStream<TOut> Select<TOut>(Func<T1, T2, TOut> select)
    {
        ArgumentNullException.ThrowIfNull(select);
        return CoGroup<TOut>((_, first, second, output) =>
        {
            for (int i = 0; i < first.Count; i++)
            {
                T1 one = first[i];
                for (int j = 0; j < second.Count; j++)
                {
                    output.Emit(select(one, second[j]));
                }
            }
        }).WithName("window-join");
    }

    /// <summary>Hands the records of both streams to an action, for outer joins and the like.</summary>
    /// <typeparam name="TOut">The type of the records that are emitted.</typeparam>
    /// <param name="action">The action.</param>
    public OperatorStream<TOut> CoGroup<TOut>(CoGroupAction<TKey, T1, T2, TOut> action)
    {
        ArgumentNullException.ThrowIfNull(action);
        return _windows.Process(new CoGroupFunction<TKey, T1, T2, TOut>(action)).WithName("co-group");
    }
}

internal sealed class CoGroupFunction<TKey, T1, T2, TOut>(CoGroupAction<TKey, T1, T2, TOut> action) : WindowFunction<TKey, JoinSide<T1, T2>, TOut>
{
    private readonly List<T1> _first = [];
    private readonly List<T2> _second = [];

    public override void Process(WindowContext<TKey> context, IReadOnlyList<JoinSide<T1, T2>> records, Output<TOut> output)
    {
        // Windows with an evictor hand over something else than a list.
        ReadOnlySpan<JoinSide<T1, T2>> sides = records is List<JoinSide<T1, T2>> list ? CollectionsMarshal.AsSpan(list) : [.. records];
        foreach (ref readonly JoinSide<T1, T2> side in sides)
        {
            if (side.IsSecond)
            {
                _second.Add(side.Second!);
            }
            else
            {
                _first.Add(side.First!);
            }
        }

        action(context, _first, _second, output);
        _first.Clear();
        _second.Clear();
    }
}
