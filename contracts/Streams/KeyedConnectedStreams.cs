using OrleansStream.Graph;

namespace OrleansStream;

/// <summary>Two streams keyed by the same type, which one function sees and whose records share the key's state and timers.</summary>
/// <typeparam name="TKey">The type of the key.</typeparam>
/// <typeparam name="T1">The type of the first stream's records.</typeparam>
/// <typeparam name="T2">The type of the second stream's records.</typeparam>
public sealed class KeyedConnectedStreams<TKey, T1, T2>
{
    private readonly KeyedStream<TKey, T1> _first;
    private readonly KeyedStream<TKey, T2> _second;

    internal KeyedConnectedStreams(KeyedStream<TKey, T1> first, KeyedStream<TKey, T2> second)
    {
        _first = first;
        _second = second;
    }

    /// <summary>Applies a function to both streams.</summary>
    /// <typeparam name="TOut">The type of the results.</typeparam>
    /// <param name="function">The function; one object per subtask.</param>
    public OperatorStream<TOut> Process<TOut>(KeyedCoProcessFunction<TKey, T1, T2, TOut> function)
    {
        ArgumentNullException.ThrowIfNull(function);
        return _first.Env.Add<TOut>(
            id => new KeyedCoProcessNode<TKey, T1, T2, TOut>(function) { Id = id, Name = function.GetType().Name },
            [.. _first.Edges(0), .. _second.Edges(1)]);
    }
}
