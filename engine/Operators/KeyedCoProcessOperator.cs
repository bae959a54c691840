namespace OrleansStream.Engine.Operators;

/// <summary>A function over two keyed streams.</summary>
internal sealed class KeyedCoProcessOperator<TKey, T1, T2, TOut>(OperatorSetup setup, KeyedCoProcessFunction<TKey, T1, T2, TOut> function)
    : KeyedTwoInputOperator<TKey, T1, T2, TOut>(setup, function, function.OnTimer)
{
    private readonly KeyedRecordAction<TKey, T1, TOut> _process1 = function.Process1;
    private readonly KeyedRecordAction<TKey, T2, TOut> _process2 = function.Process2;

    protected override int ProcessFirst(Batch<T1> batch, int from) => ProcessKeyed(batch, from, _process1, " of the first input");

    protected override int ProcessSecond(Batch<T2> batch, int from) => ProcessKeyed(batch, from, _process2, " of the second input");
}
