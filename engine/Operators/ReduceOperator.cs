using System.Runtime.CompilerServices;
using OrleansStream.Engine.Exchange;
using OrleansStream.Engine.State;

namespace OrleansStream.Engine.Operators;

internal sealed class ReduceOperator<TKey, T>(OperatorSetup setup, Func<T, T, T> reduce) : KeyedOperator<TKey, T, T>(setup)
{
    private readonly PlaceFinder _places = new();
    private KeyedTable<TKey, T> _table = null!;

    public override void Open()
    {
        _table = Keyed.Table<T>("reduced");
        base.Open();
    }

    protected override int Process(KeyedBatch<TKey, T> batch, int from)
    {
        int n = Math.Min(batch.Count - from, Main.Room);
        int at = 0;
        try
        {
            Reduce(
                batch.Keys.AsSpan(from, n), batch.Hashes.AsSpan(from, n), batch.Values.AsSpan(from, n), Main.Buffer.Values.AsSpan(Main.Buffer.Count, n), ref at);
        }
        catch (Exception e) when (e is not (InvariantViolatedException or UserCodeException))
        {
            throw KeyError("reducing", batch, from + at, e);
        }

        batch.Timestamps.AsSpan(from, n).CopyTo(Main.Buffer.Timestamps.AsSpan(Main.Buffer.Count));
        Main.Buffer.Count += n;
        return n;
    }

    // Apart from the try block, which would keep the position in memory.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Reduce(ReadOnlySpan<TKey> keys, ReadOnlySpan<ulong> hashes, ReadOnlySpan<T> values, Span<T> results, ref int at)
    {
        KeyedTable<TKey, T> table = _table;
        PlaceFinder places = _places;
        Func<T, T, T> function = reduce;
        places.Begin(table, hashes);
        for (int i = 0; i < keys.Length;)
        {
            int end = places.Enter(table, hashes, i);
            for (; i < end; i++)
            {
                at = i;
                ref T there = ref table.GetOrAdd(in places.PlaceOf(i), in keys[i], hashes[i], out bool added);
                if (added)
                {
                    there = values[i];
                    results[i] = there;
                    places.Repair(table, hashes, i);
                    continue;
                }

                T reduced = function(there, values[i]);
                there = reduced;
                results[i] = reduced;
            }
        }
    }
}
