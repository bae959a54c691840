using OrleansStream.Engine.Exchange;
using OrleansStream.Engine.State;

namespace OrleansStream.Engine.Operators;

internal sealed class ReduceOperator<TKey, T>(OperatorSetup setup, Func<T, T, T> reduce) : KeyedOperator<TKey, T, T>(setup)
{
    private KeyedTable<TKey, T> _table = null!;

    public override void Open()
    {
        _table = Keyed.Table<T>("reduced");
        base.Open();
    }

    protected override int Process(KeyedBatch<TKey, T> batch, int from)
    {
        int n = Math.Min(batch.Count - from, Main.Room);
        KeyedTable<TKey, T> table = _table;
        Batch<T> output = Main.Buffer;
        int end = from + n;
        int i = from;
        try
        {
            for (; i < end; i++)
            {
                int ahead = i + KeyedTablePrefetch.Distance;
                if (ahead < end)
                {
                    table.Prefetch(batch.Hashes[ahead]);
                }

                ref T there = ref table.GetOrAdd(in batch.Keys[i], batch.Hashes[i], out bool added);
                there = added ? batch.Values[i] : reduce(there, batch.Values[i]);
                output.Add(in there, batch.Timestamps[i]);
            }
        }
        catch (Exception e) when (e is not (InvariantViolatedException or UserCodeException))
        {
            throw KeyError("reducing", batch, i, e);
        }

        return n;
    }
}

internal static class KeyedTablePrefetch
{
    /// <summary>How many records ahead a slot is fetched: far enough to hide a memory access, near enough to stay in the first-level cache.</summary>
    public const int Distance = 16;
}
