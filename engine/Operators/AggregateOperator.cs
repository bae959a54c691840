using System.Runtime.CompilerServices;
using OrleansStream.Engine.State;

namespace OrleansStream.Engine.Operators;

/// <summary>A running aggregate per key. Closed over the concrete aggregate, so that a struct is called without a delegate.</summary>
internal sealed class AggregateOperator<TKey, TIn, TAcc, TOut, TResult, TAggregate>(
    OperatorSetup setup, TAggregate aggregate, Func<TKey, TOut, TResult> result) : KeyedRunningOperator<TKey, TIn, TResult>(setup, "aggregating")
    where TAggregate : IAggregate<TIn, TAcc, TOut>
{
    private readonly PlaceFinder _places = new();
    private TAggregate _aggregate = aggregate;
    private KeyedTable<TKey, TAcc> _table = null!;

    public override void Open()
    {
        _table = Keyed.Table<TAcc>("accumulators");
        base.Open();
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    protected override void Update(KeyRun<TKey> keys, ReadOnlySpan<TIn> values, Span<TResult> results, ref int at)
    {
        KeyedTable<TKey, TAcc> table = _table;
        PlaceFinder places = _places;
        Func<TKey, TOut, TResult> makeResult = result;
        ReadOnlySpan<ulong> hashes = keys.Hashes;
        places.Begin(table, hashes);
        for (int i = 0; i < values.Length;)
        {
            int end = places.Enter(table, hashes, i);
            for (; i < end; i++)
            {
                at = i;
                ref TAcc accumulator = ref table.GetOrAdd(in places.PlaceOf(i), keys, i, out bool added);
                if (added)
                {
                    accumulator = _aggregate.Create();
                }

                _aggregate.Add(ref accumulator, in values[i]);
                TResult made = makeResult(keys[i], _aggregate.Result(in accumulator));
                StructCopy.Assign(ref results[i], in made);
                if (added)
                {
                    places.Repair(table, hashes, i);
                }
            }
        }
    }
}
