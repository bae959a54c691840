using OrleansStream.Engine.State;

namespace OrleansStream.Engine.Operators;

/// <summary>A function over a stream without a key and a broadcast one.</summary>
internal sealed class BroadcastOperator<T, TBroadcast, TOut> : PlainTwoInputOperator<T, TBroadcast, TOut>
{
    private readonly RecordAction<T, TOut> _process;
    private readonly RecordAction<TBroadcast, TOut> _processBroadcast;
    private readonly BroadcastPhase _phase;

    public BroadcastOperator(OperatorSetup setup, BroadcastFunction<T, TBroadcast, TOut> function) : this(setup, function, new BroadcastPhase())
    {
    }

    private BroadcastOperator(OperatorSetup setup, BroadcastFunction<T, TBroadcast, TOut> function, BroadcastPhase phase) : base(setup, function, phase)
    {
        _process = function.Process;
        _processBroadcast = function.ProcessBroadcast;
        _phase = phase;
    }

    protected override int ProcessFirst(Batch<T> batch, int from) => ProcessEach(batch, from, Context, _process, "the record");

    protected override int ProcessSecond(Batch<TBroadcast> batch, int from)
    {
        _phase.IsOn = true;
        int taken = ProcessEach(batch, from, Context, _processBroadcast, "the broadcast record");
        _phase.IsOn = false;
        return taken;
    }
}
