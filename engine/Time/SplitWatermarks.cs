namespace OrleansStream.Engine.Time;

/// <summary>
/// The watermarks of a source reader: one <see cref="WatermarkEmitter{T}"/> per split, combined to the watermark and status of the source subtask. Called on the
/// subtask's thread; holds no clock: times come with the ticks.
/// </summary>
/// <remarks>
/// What a source operator does with it:
/// <list type="bullet">
/// <item>All timings: <see cref="Add"/> each split that is assigned; after a restore all restored ones with their watermark, then <see cref="Emit"/>, before the
/// first batch; <see cref="Remove"/> each split that ended or was taken away; <see cref="End"/> when the reader has ended (not when it stops with a savepoint without drain). What a call returns goes out at
/// once, behind the records taken so far.</item>
/// <item>After each poll: give the records to <see cref="OnBatch"/> in a loop. It says how many records it took; these go out, then what it returns, then it is called
/// with the rest. With a bounded strategy and <see cref="WatermarkTiming.Periodic"/> or <see cref="WatermarkTiming.AfterBatch"/> it always takes the whole
/// batch; a generator that emits at once splits the batch where the watermark of the <em>reader</em> rises; so does <see cref="WatermarkTiming.PerRecord"/> at each such record.</item>
/// <item>Ticks: call <see cref="OnTick"/> every <see cref="WatermarkTimings.TickMs"/> of the host's clock; 0 means never.</item>
/// <item><see cref="WatermarkTiming.Periodic"/>: records change nothing until the next tick (but where a generator emits at once); neither does the removal of a split.</item>
/// <item><see cref="WatermarkTiming.AfterBatch"/>: the watermark follows each batch; the removal of a split shows at once. Ticks are needed only with idleness.</item>
/// <item><see cref="WatermarkTiming.PerRecord"/>: the watermark follows each record that raises it, so that what comes later sees exactly the watermark that the
/// record order gives; batches become short where timestamps rise. With several splits the result still depends on the order in which splits are polled.</item>
/// <item>Checkpoint: store <see cref="LastWatermark"/> beside each split's position.</item>
/// </list>
/// A new split holds the watermark until it has its own; with a strategy that makes no watermarks nothing but <see cref="End"/> sends one.
/// <para>
/// Idleness of the reader itself: once the idleness timeout has passed since the first tick, a reader that has not sent any watermark goes idle, so that a
/// reader without splits holds nobody back. As in Flink this is so even if its splits have records (one that has none holds the others until it is idle or has its own).
/// </para>
/// </remarks>
/// <typeparam name="T">The type of the records.</typeparam>
internal sealed class SplitWatermarks<T>
{
    private readonly WatermarkStrategy<T> _strategy;
    private readonly WatermarkTiming _timing;
    private readonly WatermarkCombiner _combiner = WatermarkCombiner.ForSplits();
    private readonly List<Split> _splits = [];
    private Split?[] _byHandle = [];
    private IdlenessTimer _ownIdleness;
    private bool _ownIdlenessDone;

    /// <summary>Creates the watermarks of a reader that has no split yet.</summary>
    /// <param name="strategy">How watermarks follow from records.</param>
    /// <param name="timing">When they are emitted.</param>
    public SplitWatermarks(WatermarkStrategy<T> strategy, WatermarkTiming timing)
    {
        _strategy = strategy;
        _timing = timing;
        _ownIdleness = new IdlenessTimer(strategy.Idleness);
    }

    /// <summary>The last watermark that went out.</summary>
    public long Watermark => _combiner.Watermark;

    /// <summary>Whether the reader is idle.</summary>
    public bool IsIdle => _combiner.IsIdle;

    /// <summary>How many splits there are.</summary>
    public int Count => _splits.Count;

    /// <summary>Adds a split.</summary>
    /// <param name="handle">The reader's number of the split; small, from 0.</param>
    /// <param name="restoredWatermark">What <see cref="LastWatermark"/> was in the checkpoint: the split's watermark never goes below it.</param>
    public void Add(int handle, long restoredWatermark = WatermarkChange.NoWatermark)
    {
        _combiner.Add(handle, restoredWatermark);
        Split split = new(handle, new WatermarkEmitter<T>(_strategy, _timing)) { Index = _splits.Count };
        split.Emitter.Restore(restoredWatermark);
        _splits.Add(split);
        if (handle >= _byHandle.Length)
        {
            Array.Resize(ref _byHandle, Math.Max(4, Math.Max(handle + 1, 2 * _byHandle.Length)));
        }

        _byHandle[handle] = split;
    }

    /// <summary>Removes a split that ended or was taken away.</summary>
    /// <param name="handle">The split.</param>
    /// <returns>What goes out; with periodic emission nothing until the next tick.</returns>
    public WatermarkChange Remove(int handle)
    {
        _combiner.Remove(handle);
        Split removed = _byHandle[handle]!;
        Split last = _splits[^1];
        _splits[removed.Index] = last;
        last.Index = removed.Index;
        _splits.RemoveAt(_splits.Count - 1);
        _byHandle[handle] = null;
        return _timing == WatermarkTiming.Periodic ? WatermarkChange.None : _combiner.Emit();
    }

    /// <summary>Records of a split came.</summary>
    /// <param name="handle">The split.</param>
    /// <param name="values">The records.</param>
    /// <param name="timestamps">Their timestamps, as many.</param>
    /// <param name="taken">How many records go out before what is returned; with fewer than all, call again with the rest.</param>
    /// <returns>What goes out after the records that were taken.</returns>
    public WatermarkChange OnBatch(int handle, ReadOnlySpan<T> values, ReadOnlySpan<long> timestamps, out int taken)
    {
        WatermarkEmitter<T> emitter = Emitter(handle);
        taken = 0;
        while (taken < values.Length)
        {
            taken += emitter.OnBatch(values[taken..], timestamps[taken..], out long watermark);
            if (watermark != WatermarkChange.NoWatermark)
            {
                WatermarkChange change = _combiner.OnWatermark(handle, watermark);
                if (!change.IsNone)
                {
                    return change;
                }
            }
        }

        return WatermarkChange.None;
    }

    /// <summary>
    /// Combines what the splits have without waiting for a tick or a batch: after the splits of a checkpoint were added, so that downstream knows the restored
    /// watermark even if no record follows.
    /// </summary>
    /// <returns>What goes out.</returns>
    public WatermarkChange Emit() => _combiner.Emit();

    /// <summary>The periodic tick.</summary>
    /// <param name="nowMs">The host's clock.</param>
    /// <returns>What goes out.</returns>
    public WatermarkChange OnTick(long nowMs)
    {
        foreach (Split split in _splits)
        {
            if (split.Emitter.OnTick(nowMs, out long watermark))
            {
                _combiner.DeferStatus(split.Handle, true);
            }
            else if (watermark != WatermarkChange.NoWatermark)
            {
                _combiner.Defer(split.Handle, watermark);
            }
        }

        WatermarkChange change = _combiner.Emit();
        if (!_ownIdlenessDone && _ownIdleness.OnTick(nowMs))
        {
            _ownIdlenessDone = true;
            if (_combiner.Watermark == WatermarkChange.NoWatermark && !_combiner.IsIdle)
            {
                return _combiner.ForceIdle();
            }
        }

        return change;
    }

    /// <summary>The reader has ended: the final watermark.</summary>
    /// <returns>What goes out.</returns>
    public WatermarkChange End() => _combiner.End();

    /// <summary>How far the reader has come: the least watermark of its splits, idle ones left out; <see cref="long.MaxValue"/> if there is none, or one has none yet.</summary>
    public long Reached
    {
        get
        {
            long least = long.MaxValue;
            foreach (Split split in _splits)
            {
                if (!split.Emitter.IsIdle)
                {
                    long watermark = split.Emitter.Watermark;
                    least = watermark == WatermarkChange.NoWatermark ? long.MinValue : Math.Min(least, watermark);
                }
            }

            return least == long.MinValue ? long.MaxValue : least;
        }
    }

    /// <summary>The reader is not asked for records: that it has none makes no split idle.</summary>
    public void Hold()
    {
        _ownIdleness.OnRecords();
        foreach (Split split in _splits)
        {
            split.Emitter.Hold();
        }
    }

    /// <summary>The watermark of a split to keep in a checkpoint, see <see cref="WatermarkEmitter{T}.Watermark"/>.</summary>
    /// <param name="handle">The split.</param>
    public long LastWatermark(int handle) => Emitter(handle).Watermark;

    /// <summary>Whether a split is idle, for diagnostics.</summary>
    /// <param name="handle">The split.</param>
    public bool IsSplitIdle(int handle) => _combiner.IsInputIdle(handle);

    private WatermarkEmitter<T> Emitter(int handle) =>
        ((uint)handle < (uint)_byHandle.Length ? _byHandle[handle] : null)?.Emitter
        ?? throw new InvariantViolatedException($"The source reader named split handle {handle}, which was never added or was removed before.");

    private sealed class Split(int handle, WatermarkEmitter<T> emitter)
    {
        public int Handle => handle;

        public WatermarkEmitter<T> Emitter => emitter;

        public int Index { get; set; }
    }
}
