using OrleansStream.Graph;

namespace OrleansStream;

/// <summary>A stream without a key and a broadcast one that one function sees.</summary>
/// <typeparam name="T">The type of the stream's records.</typeparam>
/// <typeparam name="TBroadcast">The type of the broadcast stream's records.</typeparam>
public sealed class BroadcastConnectedStreams<T, TBroadcast>
{
    private readonly DataStream<T> _stream;
    private readonly DataStream<TBroadcast> _broadcast;

    internal BroadcastConnectedStreams(DataStream<T> stream, DataStream<TBroadcast> broadcast)
    {
        _stream = stream;
        _broadcast = broadcast;
    }

    /// <summary>Applies a function to both streams.</summary>
    /// <typeparam name="TOut">The type of the results.</typeparam>
    /// <param name="function">The function; one object per subtask.</param>
    public OperatorStream<TOut> Process<TOut>(BroadcastFunction<T, TBroadcast, TOut> function)
    {
        ArgumentNullException.ThrowIfNull(function);
        return _stream.Env.Add<TOut>(
            id => new BroadcastNode<T, TBroadcast, TOut>(function) { Id = id, Name = function.GetType().Name }, [.. _stream.Edges(0), .. _broadcast.Edges(1)]);
    }
}

/// <summary>A keyed stream and a broadcast one that one function sees.</summary>
/// <typeparam name="TKey">The type of the key.</typeparam>
/// <typeparam name="T">The type of the keyed stream's records.</typeparam>
/// <typeparam name="TBroadcast">The type of the broadcast stream's records.</typeparam>
public sealed class KeyedBroadcastStreams<TKey, T, TBroadcast>
{
    private readonly KeyedStream<TKey, T> _stream;
    private readonly DataStream<TBroadcast> _broadcast;

    internal KeyedBroadcastStreams(KeyedStream<TKey, T> stream, DataStream<TBroadcast> broadcast)
    {
        _stream = stream;
        _broadcast = broadcast;
    }

    /// <summary>Applies a function to both streams.</summary>
    /// <typeparam name="TOut">The type of the results.</typeparam>
    /// <param name="function">The function; one object per subtask.</param>
    public OperatorStream<TOut> Process<TOut>(KeyedBroadcastFunction<TKey, T, TBroadcast, TOut> function)
    {
        ArgumentNullException.ThrowIfNull(function);
        return _stream.Env.Add<TOut>(
            id => new KeyedBroadcastNode<TKey, T, TBroadcast, TOut>(function) { Id = id, Name = function.GetType().Name }, [.. _stream.Edges(0), .. _broadcast.Edges(1)]);
    }
}
