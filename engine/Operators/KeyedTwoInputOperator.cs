using OrleansStream.Engine.Channels;
using OrleansStream.Engine.Exchange;
using OrleansStream.Engine.State;

namespace OrleansStream.Engine.Operators;

/// <summary>Calls a function for a record and its key.</summary>
internal delegate void KeyedRecordAction<TKey, T, TOut>(in T value, KeyedContext<TKey> context, Output<TOut> output);

/// <summary>A function with keyed state and timers over two streams, of which one at least is keyed.</summary>
internal abstract class KeyedTwoInputOperator<TKey, T1, T2, TOut> : TwoInputOperator<T1, T2, TOut>
{
    private readonly StreamFunction _function;
    private readonly TimerAction<TKey, TOut> _onTimer;
    private readonly KeyedState<TKey> _keyed;
    private readonly HotKeySampler<TKey> _hotKeys;
    private TimerFiring<TKey, TOut> _timers = null!;

    /// <summary>Creates the operator.</summary>
    /// <param name="setup">The place of the operator.</param>
    /// <param name="function">The function.</param>
    /// <param name="onTimer">Its OnTimer.</param>
    /// <param name="broadcasting">For a broadcast input, whether one of its records is being processed.</param>
    protected KeyedTwoInputOperator(OperatorSetup setup, StreamFunction function, TimerAction<TKey, TOut> onTimer, BroadcastPhase? broadcasting = null) : base(setup)
    {
        _function = function;
        _onTimer = onTimer;
        _keyed = new KeyedState<TKey>(setup) { Broadcasting = broadcasting };
        _hotKeys = new HotKeySampler<TKey>(Metrics, setup.Subtask);
    }

    public override OperatorState State => _keyed;

    public override long NextClockMs => Context.Service.ProcessingTime.NextTime;

    protected KeyedFunctionContext<TKey> Context { get; private set; } = null!;

    public override void OpenInBackground() => FunctionLifecycle.OpenInBackground(_function, Setup);

    public override void Open()
    {
        Context = new KeyedFunctionContext<TKey>(this, _keyed);
        _timers = new TimerFiring<TKey, TOut>(this, _keyed, Context, Main, _onTimer);
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

    protected override void RestoreWatermark(StoredWatermark stored)
    {
        base.RestoreWatermark(stored);
        Context.Watermark = stored.Value;
    }

    protected override bool OnWatermark(long watermark)
    {
        Context.Watermark = watermark;
        return _timers.FireEventTime(watermark);
    }

    /// <summary>Calls the function for each record of a keyed input, until an output is full.</summary>
    /// <param name="batch">The records.</param>
    /// <param name="from">The first.</param>
    /// <param name="action">The function.</param>
    /// <param name="ofInput">Which input it is, for errors: <c> of the first input</c>.</param>
    protected int ProcessKeyed<T>(Batch<T> batch, int from, KeyedRecordAction<TKey, T, TOut> action, string ofInput)
    {
        KeyedBatch<TKey, T> keyed = (KeyedBatch<TKey, T>)batch;
        int i = from;
        try
        {
            while (i < batch.Count)
            {
                _keyed.SetKey(keyed.KeyAt(i), keyed.Hashes[i]);
                Context.Timestamp = Main.Output.Timestamp = batch.Timestamps[i];
                action(in batch.Values[i], Context, Main.Output);
                i++;
                if (Main.IsFull || Context.SideIsFull)
                {
                    break;
                }
            }
        }
        catch (Exception e) when (e is not (InvariantViolatedException or UserCodeException))
        {
            throw UserError(
                $"processing the record {Describe.Value(batch.Values[i])}{ofInput} of key {Describe.Value(keyed.KeyAt(i))} (timestamp {Describe.Timestamp(batch.Timestamps[i])})", e);
        }

        _hotKeys.Look(keyed.KeysOf(from, i - from));
        return i - from;
    }
}
