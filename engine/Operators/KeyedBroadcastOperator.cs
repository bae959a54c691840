using OrleansStream.Engine.State;

namespace OrleansStream.Engine.Operators;

/// <summary>A function over a keyed stream and a broadcast one.</summary>
internal sealed class KeyedBroadcastOperator<TKey, T, TBroadcast, TOut> : KeyedTwoInputOperator<TKey, T, TBroadcast, TOut>
{
    private readonly KeyedRecordAction<TKey, T, TOut> _process;
    private readonly RecordAction<TBroadcast, TOut> _processBroadcast;
    private readonly BroadcastPhase _phase;

    public KeyedBroadcastOperator(OperatorSetup setup, KeyedBroadcastFunction<TKey, T, TBroadcast, TOut> function) : this(setup, function, new BroadcastPhase())
    {
    }

    private KeyedBroadcastOperator(OperatorSetup setup, KeyedBroadcastFunction<TKey, T, TBroadcast, TOut> function, BroadcastPhase phase)
        : base(setup, function, function.OnTimer, phase)
    {
        _process = function.Process;
        _processBroadcast = function.ProcessBroadcast;
        _phase = phase;
    }

    protected override int ProcessFirst(Batch<T> batch, int from) => ProcessKeyed(batch, from, _process, "");

    protected override int ProcessSecond(Batch<TBroadcast> batch, int from)
    {
        _phase.IsOn = true;
        int taken = ProcessEach(batch, from, Context, _processBroadcast, "the broadcast record");
        _phase.IsOn = false;
        return taken;
    }
}
