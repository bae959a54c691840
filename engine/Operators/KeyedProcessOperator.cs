using OrleansStream.Engine.Exchange;

namespace OrleansStream.Engine.Operators;

internal sealed class KeyedProcessOperator<TKey, TIn, TOut> : KeyedOperator<TKey, TIn, TOut>
{
    private readonly KeyedProcessFunction<TKey, TIn, TOut> _function;
    private KeyedFunctionContext<TKey> _context = null!;
    private TimerFiring<TKey, TOut> _timers = null!;

    public KeyedProcessOperator(OperatorSetup setup, KeyedProcessFunction<TKey, TIn, TOut> function) : base(setup)
    {
        _function = function;
    }

    public override long NextClockMs => _context.Service.ProcessingTime.NextTime;

    public override void OpenInBackground() => FunctionLifecycle.OpenInBackground(_function, Setup);

    public override void Open()
    {
        _context = new KeyedFunctionContext<TKey>(this, Keyed);
        _timers = new TimerFiring<TKey, TOut>(this, Keyed, _context, Main, _function.OnTimer);
        FunctionLifecycle.Open(_function, Setup, Keyed);
        base.Open();
    }

    public override void Close()
    {
        FunctionLifecycle.Close(_function, Setup);
        base.Close();
    }

    public override bool OnClock(long nowMs) => Advance() && _timers.FireProcessingTime(nowMs) && Advance();

    protected override int Process(KeyedBatch<TKey, TIn> batch, int from)
    {
        Output<TOut> output = Main.Output;
        int i = from;
        try
        {
            while (i < batch.Count)
            {
                Keyed.SetKey(batch.KeyAt(i), batch.Hashes[i]);
                _context.Timestamp = output.Timestamp = batch.Timestamps[i];
                _function.Process(in batch.Values[i], _context, output);
                i++;
                if (Main.IsFull || _context.SideIsFull)
                {
                    break;
                }
            }
        }
        catch (Exception e) when (e is not (InvariantViolatedException or UserCodeException))
        {
            throw KeyError("processing", batch, i, e);
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
}
