namespace OrleansStream.Engine.Operators;

internal sealed class FilterOperator<T>(OperatorSetup setup, Func<T, bool> predicate) : OneInputOperator<T, T>(setup)
{
    protected override int Process(Batch<T> batch, int from)
    {
        int n = Math.Min(batch.Count - from, Main.Room);
        ReadOnlySpan<T> values = batch.Values.AsSpan(from, n);
        ReadOnlySpan<long> timestamps = batch.Timestamps.AsSpan(from, n);
        Span<T> kept = Main.Buffer.Values.AsSpan(Main.Buffer.Count, n);
        Span<long> keptTimestamps = Main.Buffer.Timestamps.AsSpan(Main.Buffer.Count, n);
        Func<T, bool> call = predicate;
        int count = 0;
        int i = 0;
        try
        {
            // Every record is written and the position moves only for those that pass: no branch to mispredict.
            for (; i < values.Length; i++)
            {
                kept[count] = values[i];
                keptTimestamps[count] = timestamps[i];
                count += call(values[i]) ? 1 : 0;
            }
        }
        catch (Exception e)
        {
            throw UserError($"filtering the record {Describe.Value(batch.Values[from + i])} (timestamp {Describe.Timestamp(batch.Timestamps[from + i])})", e);
        }

        Main.Buffer.Count += count;
        if (System.Runtime.CompilerServices.RuntimeHelpers.IsReferenceOrContainsReferences<T>() && count < n)
        {
            kept[count..].Clear();
        }

        return n;
    }
}
