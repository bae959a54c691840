namespace OrleansStream.Engine.Operators;

internal sealed class MapOperator<TIn, TOut>(OperatorSetup setup, Func<TIn, TOut> map) : OneInputOperator<TIn, TOut>(setup)
{
    protected override int Process(Batch<TIn> batch, int from)
    {
        int n = Math.Min(batch.Count - from, Main.Room);
        int at = 0;
        try
        {
            Map(map, batch.Values.AsSpan(from, n), Main.Buffer.Values.AsSpan(Main.Buffer.Count, n), ref at);
        }
        catch (Exception e)
        {
            throw UserError($"mapping the record {Describe.Value(batch.Values[from + at])} (timestamp {Describe.Timestamp(batch.Timestamps[from + at])})", e);
        }

        batch.Timestamps.AsSpan(from, n).CopyTo(Main.Buffer.Timestamps.AsSpan(Main.Buffer.Count));
        Main.Buffer.Count += n;
        return n;
    }

    // Apart from the try block, which would keep the position in memory.
    private static void Map(Func<TIn, TOut> map, ReadOnlySpan<TIn> values, Span<TOut> results, ref int at)
    {
        for (int i = 0; i < values.Length && i < results.Length; i++)
        {
            at = i;
            TOut result = map(values[i]);
            StructCopy.Assign(ref results[i], in result);
        }
    }
}
