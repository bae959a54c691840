using OrleansStream.Engine.Exchange;
using OrleansStream.Engine.Operators;
using OrleansStream.Keys;

namespace OrleansStream.TestKit;

/// <summary>Makes batches as the exchange in front of an operator does, and says which subtask gets a record.</summary>
internal abstract class HarnessKeys<T>
{
    /// <summary>Whether every subtask gets every record.</summary>
    public virtual bool IsBroadcast => false;

    /// <summary>The subtask for a record.</summary>
    public abstract int SubtaskOf(T value, int parallelism);

    public abstract Batch<T> Batch(IReadOnlyList<(T Value, long Timestamp)> records);
}

/// <summary>Records without keys go round.</summary>
internal sealed class NoKeys<T> : HarnessKeys<T>
{
    private int _next;

    public override int SubtaskOf(T value, int parallelism) => _next++ % parallelism;

    public override Batch<T> Batch(IReadOnlyList<(T Value, long Timestamp)> records)
    {
        Batch<T> batch = new(records.Count);
        foreach ((T value, long timestamp) in records)
        {
            batch.Add(in value, timestamp);
        }

        return batch;
    }
}

/// <summary>Records go to every subtask.</summary>
internal sealed class ToAll<T> : HarnessKeys<T>
{
    private readonly NoKeys<T> _none = new();

    public override bool IsBroadcast => true;

    public override int SubtaskOf(T value, int parallelism) => 0;

    public override Batch<T> Batch(IReadOnlyList<(T Value, long Timestamp)> records) => _none.Batch(records);
}

/// <summary>Records go to the subtask that owns their key group, with key and hash beside them.</summary>
internal sealed class ByKey<TKey, T>(Func<T, TKey> selector, HarnessOptions options) : HarnessKeys<T>
{
    private readonly KeyHasher<TKey> _hasher = KeyHasher.For<TKey>();

    public override int SubtaskOf(T value, int parallelism) =>
        KeyGroups.SubtaskOf(KeyGroups.GroupOf(HashOf(value, KeyOf(value)), options.MaxParallelism), options.MaxParallelism, parallelism);

    public override Batch<T> Batch(IReadOnlyList<(T Value, long Timestamp)> records)
    {
        KeyedBatch<TKey, T> batch = new(records.Count);
        foreach ((T value, long timestamp) in records)
        {
            int at = batch.Count;
            batch.Add(in value, timestamp);
            TKey key = KeyOf(value);
            batch.SetKey(at, in key, HashOf(value, key));
        }

        return batch;
    }

    private TKey KeyOf(T value)
    {
        try
        {
            return selector(value);
        }
        catch (Exception e)
        {
            throw new UserCodeException(options.Name, 0, $"taking the key of the record {Describe.Value(value)}", e);
        }
    }

    private ulong HashOf(T value, TKey key)
    {
        try
        {
            return _hasher.Hash(in key);
        }
        catch (KeyTypeException e)
        {
            throw new UserCodeException(options.Name, 0, $"taking the key of the record {Describe.Value(value)}: the key is null", e);
        }
    }
}
