using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace OrleansStream.Engine.Operators;

/// <summary>Maps records. When all that it makes goes to one filter of the same chain, both run in one pass, which writes only what the filter keeps.</summary>
internal sealed class MapOperator<TIn, TOut>(OperatorSetup setup, Func<TIn, TOut> map) : OneInputOperator<TIn, TOut>(setup)
{
    private FilterOperator<TOut>? _filter;

    public override void Open()
    {
        _filter = Main.OnlyTarget as FilterOperator<TOut>;
        base.Open();
    }

    // The pass writes into the filter's output, which therefore must be empty too.
    public override bool Advance() => base.Advance() && (_filter is null || _filter.Advance());

    protected override int Process(Batch<TIn> batch, int from)
    {
        if (_filter is not null)
        {
            return MapAndFilter(_filter, batch, from);
        }

        int n = Math.Min(batch.Count - from, Main.Room);
        int at = 0;
        try
        {
            Map(map, batch.Values.AsSpan(from, n), Main.Buffer.Values.AsSpan(Main.Buffer.Count, n), ref at);
        }
        catch (Exception e)
        {
            throw MapError(batch, from + at, e);
        }

        batch.Timestamps.AsSpan(from, n).CopyTo(Main.Buffer.Timestamps.AsSpan(Main.Buffer.Count));
        Main.Buffer.Count += n;
        return n;
    }

    private int MapAndFilter(FilterOperator<TOut> filter, Batch<TIn> batch, int from)
    {
        Batch<TOut> output = filter.Main.Buffer;
        int n = Math.Min(batch.Count - from, filter.Main.Room);
        Span<TOut> kept = output.Values.AsSpan(output.Count, n);
        int count;
        long at = 0;
        try
        {
            count = MapAndFilter(
                map, filter.Predicate, batch.Values.AsSpan(from, n), batch.Timestamps.AsSpan(from, n), kept, output.Timestamps.AsSpan(output.Count, n), ref at);
        }
        catch (Exception e)
        {
            throw at >= 0 ? MapError(batch, from + (int)(at >> 32), e) : filter.FilterError(output, output.Count + (int)at, e);
        }

        output.Count += count;
        if (RuntimeHelpers.IsReferenceOrContainsReferences<TOut>() && count < n)
        {
            kept[count..].Clear();
        }

        Main.CountPassed(n);
        filter.CountTaken(n);
        return n;
    }

    // Apart from the try block, which would keep the position in memory.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Map(Func<TIn, TOut> map, ReadOnlySpan<TIn> values, Span<TOut> results, ref int at)
    {
        for (int i = 0; i < values.Length && i < results.Length; i++)
        {
            at = i;
            TOut result = map(values[i]);
            StructCopy.Assign(ref results[i], in result);
        }
    }

    // Every record is written and the position moves only for those that pass: no branch to mispredict. What is needed to name a record that a function throws at is one store for each: its number in the upper half,
    // the position in the filter's output in the lower one. That it was the filter is said, by the sign, only when it throws.
    // All four are of one length, so no index can leave them; with a test of each the compiler runs out of registers.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static int MapAndFilter(
        Func<TIn, TOut> map, Func<TOut, bool> predicate, ReadOnlySpan<TIn> values, ReadOnlySpan<long> timestamps, Span<TOut> kept, Span<long> keptTimestamps, ref long at)
    {
        ref TIn from = ref MemoryMarshal.GetReference(values);
        ref long fromTimestamps = ref MemoryMarshal.GetReference(timestamps);
        ref TOut to = ref MemoryMarshal.GetReference(kept);
        ref long toTimestamps = ref MemoryMarshal.GetReference(keptTimestamps);
        nint n = values.Length;
        nint count = 0;
        for (nint i = 0; i < n; i++)
        {
            at = (i << 32) | count;
            TOut result = map(Unsafe.Add(ref from, i));
            StructCopy.Assign(ref Unsafe.Add(ref to, count), in result);
            Unsafe.Add(ref toTimestamps, count) = Unsafe.Add(ref fromTimestamps, i);
            bool passes;
            try
            {
                // Not what was just stored: its address would wait for the answers before it.
                passes = predicate(result);
            }
            catch when (MarkFilter(ref at))
            {
                throw;
            }

            count += passes ? 1 : 0;
        }

        return (int)count;
    }

    // Runs where the exception was thrown, before it is caught further out.
    private static bool MarkFilter(ref long at)
    {
        at |= long.MinValue;
        return false;
    }

    private UserCodeException MapError(Batch<TIn> batch, int at, Exception e) =>
        UserError($"mapping the record {Describe.Value(batch.Values[at])} (timestamp {Describe.Timestamp(batch.Timestamps[at])})", e);
}
