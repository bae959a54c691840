using OrleansStream.Engine.Channels;
using OrleansStream.Engine.Exchange;
using OrleansStream.Engine.State;

namespace OrleansStream.Engine.Operators;

/// <summary>A function over a keyed stream and a broadcast one.</summary>
internal sealed class KeyedBroadcastOperator<TKey, T, TBroadcast, TOut> : TwoInputOperator<T, TBroadcast, TOut>
{
    private readonly KeyedBroadcastFunction<TKey, T, TBroadcast, TOut> _function;
    private readonly KeyedState<TKey> _keyed;
    private readonly BroadcastPhase _phase = new();
    private KeyedFunctionContext<TKey> _context = null!;
    private TimerFiring<TKey, TOut> _timers = null!;

    public KeyedBroadcastOperator(OperatorSetup setup, KeyedBroadcastFunction<TKey, T, TBroadcast, TOut> function) : base(setup)
    {
        _function = function;
        _keyed = new KeyedState<TKey>(setup) { Broadcasting = _phase };
    }

    public override OperatorState State => _keyed;

    public override long NextClockMs => _context.Service.ProcessingTime.NextTime;

    public override void OpenInBackground() => FunctionLifecycle.OpenInBackground(_function, Setup);

    public override void Open()
    {
        _context = new KeyedFunctionContext<TKey>(this, _keyed);
        _timers = new TimerFiring<TKey, TOut>(this, _keyed, _context, Main, _function.OnTimer);
        FunctionLifecycle.Open(_function, Setup, _keyed);
        if (_keyed.Restored is { } restored)
        {
            RestoreWatermark(StoredWatermark.Read(restored, Setup));
        }
    }

    public override void OnBarrier(CheckpointBarrier barrier, SnapshotCollector snapshot)
    {
        base.OnBarrier(barrier, snapshot);
        StoredWatermark.Write(snapshot, Setup.Uid);
    }

    public override void Close()
    {
        FunctionLifecycle.Close(_function, Setup);
        _keyed.Dispose();
    }

    public override bool OnClock(long nowMs) => Advance() && _timers.FireProcessingTime(nowMs) && Advance();

    protected override int ProcessFirst(Batch<T> batch, int from)
    {
        KeyedBatch<TKey, T> keyed = (KeyedBatch<TKey, T>)batch;
        int i = from;
        try
        {
            while (i < batch.Count)
            {
                SetCurrent(keyed, i);
                _function.Process(in batch.Values[i], _context, Main.Output);
                i++;
                if (Main.IsFull || _context.SideIsFull)
                {
                    break;
                }
            }
        }
        catch (Exception e) when (e is not (InvariantViolatedException or UserCodeException))
        {
            throw RecordError(keyed, i, e);
        }

        return i - from;
    }

    protected override int ProcessSecond(Batch<TBroadcast> batch, int from)
    {
        int i = from;
        _phase.IsOn = true;
        try
        {
            while (i < batch.Count)
            {
                _context.Timestamp = Main.Output.Timestamp = batch.Timestamps[i];
                _function.ProcessBroadcast(in batch.Values[i], _context, Main.Output);
                i++;
                if (Main.IsFull || _context.SideIsFull)
                {
                    break;
                }
            }
        }
        catch (Exception e) when (e is not (InvariantViolatedException or UserCodeException))
        {
            throw UserError($"processing the broadcast record {Describe.Value(batch.Values[i])} (timestamp {Describe.Timestamp(batch.Timestamps[i])})", e);
        }

        _phase.IsOn = false;
        return i - from;
    }

    protected override void RestoreWatermark(StoredWatermark stored)
    {
        base.RestoreWatermark(stored);
        _context.Watermark = stored.Value;
    }

    protected override bool OnWatermark(long watermark)
    {
        _context.Watermark = watermark;
        return _timers.FireEventTime(watermark);
    }

    private void SetCurrent(KeyedBatch<TKey, T> batch, int at)
    {
        _keyed.SetKey(in batch.Keys[at], batch.Hashes[at]);
        _context.Timestamp = Main.Output.Timestamp = batch.Timestamps[at];
    }

    private UserCodeException RecordError(KeyedBatch<TKey, T> batch, int at, Exception e) => UserError(
        $"processing the record {Describe.Value(batch.Values[at])} of key {Describe.Value(batch.Keys[at])} (timestamp {Describe.Timestamp(batch.Timestamps[at])})", e);
}
