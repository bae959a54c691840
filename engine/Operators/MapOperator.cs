namespace OrleansStream.Engine.Operators;

internal sealed class MapOperator<TIn, TOut>(OperatorSetup setup, Func<TIn, TOut> map) : OneInputOperator<TIn, TOut>(setup)
{
    protected override int Process(Batch<TIn> batch, int from)
    {
        int n = Math.Min(batch.Count - from, Main.Room);
        ReadOnlySpan<TIn> values = batch.Values.AsSpan(from, n);
        Span<TOut> results = Main.Buffer.Values.AsSpan(Main.Buffer.Count, n);
        Func<TIn, TOut> call = map;
        int i = 0;
        try
        {
            for (; i < values.Length; i++)
            {
                results[i] = call(values[i]);
            }
        }
        catch (Exception e)
        {
            throw UserError($"mapping the record {Describe.Value(batch.Values[from + i])} (timestamp {Describe.Timestamp(batch.Timestamps[from + i])})", e);
        }

        batch.Timestamps.AsSpan(from, n).CopyTo(Main.Buffer.Timestamps.AsSpan(Main.Buffer.Count));
        Main.Buffer.Count += n;
        return n;
    }
}
