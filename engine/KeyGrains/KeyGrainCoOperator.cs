using OrleansStream.Engine.Channels;
using OrleansStream.Engine.Exchange;
using OrleansStream.Engine.Operators;
using OrleansStream.Engine.State;

namespace OrleansStream.Engine.KeyGrains;

/// <summary>As <see cref="KeyGrainOperator{TKey, TIn, TOut}"/>, over two streams.</summary>
internal sealed class KeyGrainCoOperator<TKey, T1, T2, TOut> : TwoInputOperator<T1, T2, TOut>
{
    private readonly KeyedState<TKey> _keyed;
    private readonly KeyObjects<TKey, EitherRecord<T1, T2>, TOut> _objects;

    public KeyGrainCoOperator(OperatorSetup setup, Func<GrainBody<TKey, EitherRecord<T1, T2>, TOut>> create, GrainSettings settings) : base(setup)
    {
        _keyed = new KeyedState<TKey>(setup);
        _objects = new KeyObjects<TKey, EitherRecord<T1, T2>, TOut>(this, _keyed, Main, base.Advance, create, settings);
    }

    public override OperatorState State => _keyed;

    public override bool MakesCalls => true;

    public override bool AwaitsCalls => _objects.AwaitsCalls;

    public override long NextClockMs => _objects.NextClockMs;

    public override long NextDeadlineMs => _objects.NextDeadlineMs;

    public override void OpenInBackground() => _objects.OpenInBackground();

    public override void Open()
    {
        _objects.Open();
        if (_keyed.Restored is { } restored)
        {
            RestoreWatermark(StoredWatermark.Read(restored, Setup));
        }
    }

    public override void BeginClosing() => _objects.BeginClosing();

    public override void Close()
    {
        _objects.Close();
        _keyed.Dispose();
    }

    public override bool Advance() => _objects.Advance();

    public override void OnDeadline(long nowMs) => _objects.OnDeadline(nowMs);

    public override bool OnClock(long nowMs) => _objects.FireClock(nowMs) && Advance();

    public override bool Settle() => _objects.Settle();

    public override void Unsettle() => _objects.Unsettle();

    public override void OnBarrier(CheckpointBarrier barrier, SnapshotCollector snapshot)
    {
        base.OnBarrier(barrier, snapshot);
        StoredWatermark.Write(snapshot, Setup.Uid);
        _objects.Unsettle();
    }

    protected override int ProcessFirst(Batch<T1> batch, int from)
    {
        KeyedBatch<TKey, T1> keyed = (KeyedBatch<TKey, T1>)batch;
        int at = from;
        while (at < batch.Count
            && _objects.TryAdd(keyed.KeyAt(at), keyed.Hashes[at], new EitherRecord<T1, T2>(false, batch.Values[at], default!), batch.Timestamps[at]))
        {
            at++;
        }

        return at - from;
    }

    protected override int ProcessSecond(Batch<T2> batch, int from)
    {
        KeyedBatch<TKey, T2> keyed = (KeyedBatch<TKey, T2>)batch;
        int at = from;
        while (at < batch.Count
            && _objects.TryAdd(keyed.KeyAt(at), keyed.Hashes[at], new EitherRecord<T1, T2>(true, default!, batch.Values[at]), batch.Timestamps[at]))
        {
            at++;
        }

        return at - from;
    }

    protected override void RestoreWatermark(StoredWatermark stored)
    {
        base.RestoreWatermark(stored);
        _objects.Watermark = stored.Value;
    }

    protected override bool BeforeControls() => _objects.Drain();

    protected override bool OnWatermark(long watermark)
    {
        if (_objects.Watermark != watermark)
        {
            if (!_objects.Drain())
            {
                return false;
            }

            _objects.Watermark = watermark;
        }

        return _objects.FireTimers(_objects.Timers.EventTime, watermark, TimeDomain.EventTime);
    }
}
