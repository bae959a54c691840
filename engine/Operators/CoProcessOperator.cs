namespace OrleansStream.Engine.Operators;

/// <summary>A function over two streams without a key.</summary>
internal sealed class CoProcessOperator<T1, T2, TOut>(OperatorSetup setup, CoProcessFunction<T1, T2, TOut> function) : PlainTwoInputOperator<T1, T2, TOut>(setup, function)
{
    private readonly RecordAction<T1, TOut> _process1 = function.Process1;
    private readonly RecordAction<T2, TOut> _process2 = function.Process2;

    protected override int ProcessFirst(Batch<T1> batch, int from) => ProcessEach(batch, from, Context, _process1, "the first input's record");

    protected override int ProcessSecond(Batch<T2> batch, int from) => ProcessEach(batch, from, Context, _process2, "the second input's record");
}
