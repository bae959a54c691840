using OrleansStream.Engine.Channels;
using OrleansStream.Engine.Exchange;
using OrleansStream.Engine.State;

namespace OrleansStream.Engine.Operators;

internal sealed class KeyedCoProcessOperator<TKey, T1, T2, TOut> : TwoInputOperator<T1, T2, TOut>
{
    private readonly KeyedCoProcessFunction<TKey, T1, T2, TOut> _function;
    private readonly KeyedState<TKey> _keyed;
    private KeyedFunctionContext<TKey> _context = null!;
    private TimerFiring<TKey, TOut> _timers = null!;

    public KeyedCoProcessOperator(OperatorSetup setup, KeyedCoProcessFunction<TKey, T1, T2, TOut> function) : base(setup)
    {
        _function = function;
        _keyed = new KeyedState<TKey>(setup);
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

    protected override int ProcessFirst(Batch<T1> batch, int from)
    {
        KeyedBatch<TKey, T1> keyed = (KeyedBatch<TKey, T1>)batch;
        int i = from;
        try
        {
            while (i < batch.Count)
            {
                SetCurrent(keyed, i);
                _function.Process1(in batch.Values[i], _context, Main.Output);
                i++;
                if (Main.IsFull || _context.SideIsFull)
                {
                    break;
                }
            }
        }
        catch (Exception e) when (e is not (InvariantViolatedException or UserCodeException))
        {
            throw RecordError(keyed, i, "first", e);
        }

        return i - from;
    }

    protected override int ProcessSecond(Batch<T2> batch, int from)
    {
        KeyedBatch<TKey, T2> keyed = (KeyedBatch<TKey, T2>)batch;
        int i = from;
        try
        {
            while (i < batch.Count)
            {
                SetCurrent(keyed, i);
                _function.Process2(in batch.Values[i], _context, Main.Output);
                i++;
                if (Main.IsFull || _context.SideIsFull)
                {
                    break;
                }
            }
        }
        catch (Exception e) when (e is not (InvariantViolatedException or UserCodeException))
        {
            throw RecordError(keyed, i, "second", e);
        }

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

    private void SetCurrent<T>(KeyedBatch<TKey, T> batch, int at)
    {
        _keyed.SetKey(in batch.Keys[at], batch.Hashes[at]);
        _context.Timestamp = Main.Output.Timestamp = batch.Timestamps[at];
    }

    private UserCodeException RecordError<T>(KeyedBatch<TKey, T> batch, int at, string input, Exception e) => UserError(
        $"processing the record {Describe.Value(batch.Values[at])} of the {input} input and key {Describe.Value(batch.Keys[at])} (timestamp {Describe.Timestamp(batch.Timestamps[at])})", e);
}
