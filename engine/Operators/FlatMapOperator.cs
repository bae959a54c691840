namespace OrleansStream.Engine.Operators;

internal sealed class FlatMapOperator<TIn, TOut>(OperatorSetup setup, FlatMapAction<TIn, TOut> action) : OneInputOperator<TIn, TOut>(setup)
{
    protected override int Process(Batch<TIn> batch, int from)
    {
        Output<TOut> output = Main.Output;
        FlatMapAction<TIn, TOut> call = action;
        int i = from;
        try
        {
            while (i < batch.Count)
            {
                output.Timestamp = batch.Timestamps[i];
                call(in batch.Values[i], output);
                i++;
                if (Main.IsFull)
                {
                    break;
                }
            }
        }
        catch (Exception e)
        {
            throw UserError($"expanding the record {Describe.Value(batch.Values[i])} (timestamp {Describe.Timestamp(batch.Timestamps[i])})", e);
        }

        return i - from;
    }
}
