using OrleansStream.Engine.Exchange;
using OrleansStream.Engine.State;

namespace OrleansStream.Engine.Operators;

/// <summary>A keyed operator that makes one record of each, with its timestamp, from what the key has so far.</summary>
/// <param name="setup">The place of the operator.</param>
/// <param name="doing">What it does with a record, for errors: <c>reducing</c>.</param>
internal abstract class KeyedRunningOperator<TKey, TIn, TOut>(OperatorSetup setup, string doing) : KeyedOperator<TKey, TIn, TOut>(setup)
{
    protected sealed override int Process(KeyedBatch<TKey, TIn> batch, int from)
    {
        int n = Math.Min(batch.Count - from, Main.Room);
        int at = 0;
        try
        {
            Update(
                batch.KeysOf(from, n), batch.Values.AsSpan(from, n), Main.Buffer.Values.AsSpan(Main.Buffer.Count, n), ref at);
        }
        catch (Exception e) when (e is not (InvariantViolatedException or UserCodeException))
        {
            throw KeyError(doing, batch, from + at, e);
        }

        batch.Timestamps.AsSpan(from, n).CopyTo(Main.Buffer.Timestamps.AsSpan(Main.Buffer.Count));
        Main.Buffer.Count += n;
        return n;
    }

    /// <summary>Makes the results of some records. Apart from the try block, which would keep the position in memory.</summary>
    /// <param name="keys">Their keys.</param>
    /// <param name="values">The records.</param>
    /// <param name="results">Takes as many results.</param>
    /// <param name="at">Which record it is at, for the error when user code throws.</param>
    protected abstract void Update(KeyRun<TKey> keys, ReadOnlySpan<TIn> values, Span<TOut> results, ref int at);
}
