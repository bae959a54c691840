using OrleansStream.Graph;

namespace OrleansStream;

/// <summary>Two streams of different types that one function sees.</summary>
/// <typeparam name="T1">The type of the first stream's records.</typeparam>
/// <typeparam name="T2">The type of the second stream's records.</typeparam>
public sealed class ConnectedStreams<T1, T2>
{
    private readonly DataStream<T1> _first;
    private readonly DataStream<T2> _second;

    internal ConnectedStreams(DataStream<T1> first, DataStream<T2> second)
    {
        _first = first;
        _second = second;
    }

    /// <summary>Applies a function to both streams.</summary>
    /// <typeparam name="TOut">The type of the results.</typeparam>
    /// <param name="function">The function; one object per subtask.</param>
    public OperatorStream<TOut> Process<TOut>(CoProcessFunction<T1, T2, TOut> function)
    {
        ArgumentNullException.ThrowIfNull(function);
        return _first.Env.Add<TOut>(
            id => new CoProcessNode<T1, T2, TOut>(function) { Id = id, Name = function.GetType().Name }, [.. _first.Edges(0), .. _second.Edges(1)]);
    }
}
