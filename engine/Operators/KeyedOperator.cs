using OrleansStream.Engine.Channels;
using OrleansStream.Engine.Exchange;
using OrleansStream.Engine.State;

namespace OrleansStream.Engine.Operators;

/// <summary>An operator behind a keyed exchange: its batches carry keys and hashes.</summary>
internal abstract class KeyedOperator<TKey, TIn, TOut>(OperatorSetup setup) : OneInputOperator<TIn, TOut>(setup)
{
    private HotKeySampler<TKey>? _hotKeys;

    public KeyedState<TKey> Keyed { get; } = new(setup);

    public override OperatorState State => Keyed;

    /// <summary>What the state depends on beside its types, such as the windows: a restore with another one is refused. Null for nothing.</summary>
    protected virtual string? Shape => null;

    public override void Open()
    {
        if (Keyed.Restored is { } restored)
        {
            StoredShape.Require(restored, Setup, Shape);
            RestoreWatermark(StoredWatermark.Read(restored, Setup));
        }
    }

    public override void OnBarrier(CheckpointBarrier barrier, SnapshotCollector snapshot)
    {
        base.OnBarrier(barrier, snapshot);
        StoredWatermark.Write(snapshot, Setup.Uid);
        StoredShape.Write(snapshot, Setup.Uid, Shape);
    }

    public override void Close() => Keyed.Dispose();

    protected sealed override int Process(Batch<TIn> batch, int from)
    {
        KeyedBatch<TKey, TIn> keyed = (KeyedBatch<TKey, TIn>)batch;
        int taken = Process(keyed, from);
        _hotKeys ??= new HotKeySampler<TKey>(Metrics, Setup.Subtask);
        _hotKeys.Look(keyed.KeysOf(from, taken));
        return taken;
    }

    protected abstract int Process(KeyedBatch<TKey, TIn> batch, int from);

    protected UserCodeException KeyError(string what, KeyedBatch<TKey, TIn> batch, int at, Exception e) => UserError(
        $"{what} the record {Describe.Value(batch.Values[at])} of key {Describe.Value(batch.KeyAt(at))} (timestamp {Describe.Timestamp(batch.Timestamps[at])})", e);
}
