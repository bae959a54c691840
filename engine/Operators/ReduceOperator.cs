using System.Runtime.CompilerServices;
using OrleansStream.Engine.State;

namespace OrleansStream.Engine.Operators;

internal sealed class ReduceOperator<TKey, T>(OperatorSetup setup, Func<T, T, T> reduce) : KeyedRunningOperator<TKey, T, T>(setup, "reducing")
{
    private readonly PlaceFinder _places = new();
    private KeyedTable<TKey, T> _table = null!;

    public override void Open()
    {
        _table = Keyed.Table<T>("reduced");
        base.Open();
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    protected override void Update(KeyRun<TKey> keys, ReadOnlySpan<T> values, Span<T> results, ref int at)
    {
        KeyedTable<TKey, T> table = _table;
        PlaceFinder places = _places;
        Func<T, T, T> function = reduce;
        ReadOnlySpan<ulong> hashes = keys.Hashes;
        places.Begin(table, hashes);
        for (int i = 0; i < values.Length;)
        {
            int end = places.Enter(table, hashes, i);
            for (; i < end; i++)
            {
                at = i;
                ref T there = ref table.GetOrAdd(in places.PlaceOf(i), keys, i, out bool added);
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
