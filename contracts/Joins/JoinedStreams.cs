namespace OrleansStream;

/// <summary>Two streams that are to be joined: say by what with <see cref="On"/>.</summary>
/// <typeparam name="T1">The type of the first stream's records.</typeparam>
/// <typeparam name="T2">The type of the second stream's records.</typeparam>
public sealed class JoinedStreams<T1, T2>
{
    private readonly DataStream<T1> _first;
    private readonly DataStream<T2> _second;

    internal JoinedStreams(DataStream<T1> first, DataStream<T2> second)
    {
        _first = first;
        _second = second;
    }

    /// <summary>Joins records of equal keys.</summary>
    /// <typeparam name="TKey">A type with stable equality.</typeparam>
    /// <param name="first">Gives the key of a record of the first stream.</param>
    /// <param name="second">Gives the key of a record of the second stream.</param>
    public KeyedJoin<TKey, T1, T2> On<TKey>(Func<T1, TKey> first, Func<T2, TKey> second)
    {
        ArgumentNullException.ThrowIfNull(first);
        ArgumentNullException.ThrowIfNull(second);
        return new KeyedJoin<TKey, T1, T2>(_first, _second, first, second);
    }
}
