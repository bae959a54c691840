using System.Runtime.CompilerServices;

namespace OrleansStream.Engine.Operators;

internal sealed class FilterOperator<T>(OperatorSetup setup, Func<T, bool> predicate) : OneInputOperator<T, T>(setup)
{
    public Func<T, bool> Predicate => predicate;

    /// <summary>The map before this filter has asked it about so many records, and put those that it keeps into its output.</summary>
    public void CountTaken(int n)
    {
        Volatile.Write(ref Metrics.RecordsInCount, Metrics.RecordsInCount + n);
        Volatile.Write(ref Metrics.RecordsOutCount, Main.Emitted);
    }

    public UserCodeException FilterError(Batch<T> batch, int at, Exception e) =>
        UserError($"filtering the record {Describe.Value(batch.Values[at])} (timestamp {Describe.Timestamp(batch.Timestamps[at])})", e);

    protected override int Process(Batch<T> batch, int from)
    {
        int n = Math.Min(batch.Count - from, Main.Room);
        Span<T> kept = Main.Buffer.Values.AsSpan(Main.Buffer.Count, n);
        int count;
        int at = 0;
        try
        {
            count = Filter(
                predicate, batch.Values.AsSpan(from, n), batch.Timestamps.AsSpan(from, n), kept, Main.Buffer.Timestamps.AsSpan(Main.Buffer.Count, n), ref at);
        }
        catch (Exception e)
        {
            throw FilterError(batch, from + at, e);
        }

        Main.Buffer.Count += count;
        if (RuntimeHelpers.IsReferenceOrContainsReferences<T>() && count < n)
        {
            kept[count..].Clear();
        }

        return n;
    }

    // Every record is written and the position moves only for those that pass: no branch to mispredict. Apart from the try block, which would keep the position in memory.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static int Filter(
        Func<T, bool> predicate, ReadOnlySpan<T> values, ReadOnlySpan<long> timestamps, Span<T> kept, Span<long> keptTimestamps, ref int at)
    {
        int count = 0;
        for (int i = 0; i < values.Length && i < timestamps.Length; i++)
        {
            at = i;
            kept[count] = values[i];
            keptTimestamps[count] = timestamps[i];
            count += predicate(values[i]) ? 1 : 0;
        }

        return count;
    }
}
