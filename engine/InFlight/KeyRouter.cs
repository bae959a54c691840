using OrleansStream.Engine.Exchange;
using OrleansStream.Engine.Operators;
using OrleansStream.Engine.State;
using OrleansStream.Keys;

namespace OrleansStream.Engine.InFlight;

/// <summary>Gives restored records of a keyed edge to the subtasks that own their keys now, seen without the type of the key.</summary>
internal interface IKeyRouter<T>
{
    /// <summary>Whether a subtask of the snapshot can have had records of keys that this subtask owns now.</summary>
    bool Overlaps(int subtask, int parallelism);

    /// <summary>The records whose keys this subtask owns, with their keys; null if there are none.</summary>
    Batch<T>? Route(Batch<T> records);
}

internal sealed class KeyRouter<TKey, T> : IKeyRouter<T>
{
    private readonly OperatorSetup _setup;
    private readonly Func<T, TKey> _selector;
    private readonly KeyHasher<TKey> _hasher = KeyHasher.For<TKey>();
    private readonly KeyGroupsOwned _owned;

    public KeyRouter(OperatorSetup setup, Func<T, TKey> selector)
    {
        _setup = setup;
        _selector = selector;
        _owned = KeyGroupsOwned.Of(setup.Subtask, setup.Parallelism, setup.MaxParallelism);
    }

    public bool Overlaps(int subtask, int parallelism)
    {
        KeyGroupsOwned other = KeyGroupsOwned.Of(subtask, parallelism, _setup.MaxParallelism);
        return other.First <= _owned.Last && _owned.First <= other.Last;
    }

    public Batch<T>? Route(Batch<T> records)
    {
        KeyedBatch<TKey, T> own = new(records.Count);
        for (int i = 0; i < records.Count; i++)
        {
            TKey key = KeyOf(in records.Values[i]);
            ulong hash = _hasher.Hash(in key);
            if (_owned.Contains(_owned.GroupOf(hash)))
            {
                int at = own.Count;
                own.Add(in records.Values[i], records.Timestamps[i]);
                own.SetKey(at, in key, hash);
            }
        }

        return own.Count == 0 ? null : own;
    }

    private TKey KeyOf(in T value)
    {
        try
        {
            return _selector(value);
        }
        catch (Exception e) when (e is not StreamException)
        {
            throw new UserCodeException(_setup.Name, _setup.Subtask, $"taking the key of the restored record {Describe.Value(value)}", e);
        }
    }
}
