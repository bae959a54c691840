namespace OrleansStream.Engine.Time;

/// <summary>
/// Makes the watermarks of one split (or of the one input of an operator in mid-stream) from its strategy: bounded out-of-orderness, none, or the user's
/// generator, with idleness. Called on the subtask's thread. Exceptions of the user's generator come through as they are.
/// </summary>
/// <typeparam name="T">The type of the records.</typeparam>
internal sealed class WatermarkEmitter<T>
{
    private readonly WatermarkKind _kind;
    private readonly WatermarkTiming _timing;
    private readonly long _distanceMs;
    private readonly IWatermarkGenerator<T>? _generator;
    private IdlenessTimer _idleness;
    private long _largestTimestamp = long.MinValue;
    private long _watermark = WatermarkChange.NoWatermark;

    /// <summary>Creates an emitter, and the user's generator if the strategy has one.</summary>
    /// <param name="strategy">How watermarks follow from records.</param>
    /// <param name="timing">When they are emitted.</param>
    public WatermarkEmitter(WatermarkStrategy<T> strategy, WatermarkTiming timing)
    {
        _kind = strategy.Kind;
        _timing = timing;
        _distanceMs = strategy.DelayMs == long.MaxValue ? long.MaxValue : strategy.DelayMs + 1;
        _idleness = new IdlenessTimer(strategy.Idleness);
        if (_kind == WatermarkKind.Custom)
        {
            _generator = strategy.Generator?.Invoke()
                ?? throw new JobDefinitionException($"WatermarkStrategy.ForGenerator<{typeof(T).Name}> was given a function that returned null. Return a new generator.");
        }
    }

    /// <summary>Whether the split is idle: from the tick that found it so until its next watermark.</summary>
    public bool IsIdle { get; private set; }

    /// <summary>
    /// The watermark to keep in a checkpoint, behind all records so far. With bounded out-of-orderness it is not lower than the next tick would emit, so that a
    /// split without further records gets after a restore what it would have got without.
    /// </summary>
    public long Watermark => Math.Max(_watermark, Bounded());

    /// <summary>Continues from a checkpoint: no watermark will be lower than this one.</summary>
    /// <param name="watermark">What <see cref="Watermark"/> was; <see cref="WatermarkChange.NoWatermark"/> for nothing.</param>
    public void Restore(long watermark) => _watermark = Math.Max(_watermark, watermark);

    /// <summary>
    /// Records came. Takes them all, or fewer if a watermark is to go out before the rest: the caller calls again with the rest. A batch counts as ended when its last
    /// record is taken.
    /// </summary>
    /// <param name="values">The records.</param>
    /// <param name="timestamps">Their timestamps, as many.</param>
    /// <param name="watermark">The watermark to emit after the records that were taken; <see cref="WatermarkChange.NoWatermark"/> for none.</param>
    /// <returns>How many records were taken; 0 only if there are none.</returns>
    public int OnBatch(ReadOnlySpan<T> values, ReadOnlySpan<long> timestamps, out long watermark)
    {
        watermark = WatermarkChange.NoWatermark;
        if (values.IsEmpty)
        {
            return 0;
        }

        _idleness.OnRecords();
        if (_generator is not null)
        {
            return Generate(values, timestamps[..values.Length], out watermark);
        }

        if (_kind == WatermarkKind.None)
        {
            return values.Length;
        }

        return _timing == WatermarkTiming.PerRecord
            ? TakeUntilRise(timestamps[..values.Length], out watermark)
            : TakeAll(timestamps[..values.Length], out watermark);
    }

    /// <summary>The periodic tick: the watermark of the split, or whether it became idle.</summary>
    /// <param name="nowMs">The host's clock.</param>
    /// <param name="watermark">The watermark to emit; <see cref="WatermarkChange.NoWatermark"/> for none. It may be the same as before.</param>
    /// <returns>Whether the split became idle at this tick.</returns>
    public bool OnTick(long nowMs, out long watermark)
    {
        watermark = WatermarkChange.NoWatermark;
        if (_idleness.OnTick(nowMs))
        {
            bool becomesIdle = !IsIdle;
            IsIdle = true;
            return becomesIdle;
        }

        watermark = Note(Periodic());
        return false;
    }

    /// <summary>Nobody asks for records: one that is not idle does not become so.</summary>
    public void Hold()
    {
        if (!IsIdle)
        {
            _idleness.OnRecords();
        }
    }

    private int TakeAll(ReadOnlySpan<long> timestamps, out long watermark)
    {
        _largestTimestamp = Longs.Max(timestamps, _largestTimestamp);
        watermark = _timing == WatermarkTiming.AfterBatch ? Note(Bounded()) : WatermarkChange.NoWatermark;
        return timestamps.Length;
    }

    private int TakeUntilRise(ReadOnlySpan<long> timestamps, out long watermark)
    {
        for (int i = 0; i < timestamps.Length; i++)
        {
            if (timestamps[i] > _largestTimestamp || IsIdle)
            {
                _largestTimestamp = Math.Max(_largestTimestamp, timestamps[i]);
                if (IsNews(Bounded()))
                {
                    watermark = Note(Bounded());
                    return i + 1;
                }
            }
        }

        watermark = WatermarkChange.NoWatermark;
        return timestamps.Length;
    }

    private int Generate(ReadOnlySpan<T> values, ReadOnlySpan<long> timestamps, out long watermark)
    {
        IWatermarkGenerator<T> generator = _generator!;
        watermark = WatermarkChange.NoWatermark;
        int taken = 0;
        while (taken < values.Length && watermark == WatermarkChange.NoWatermark)
        {
            long made = generator.OnRecord(in values[taken], timestamps[taken]);
            taken++;
            if (_timing == WatermarkTiming.PerRecord || (_timing == WatermarkTiming.AfterBatch && taken == values.Length))
            {
                made = Math.Max(made, generator.OnPeriodic());
            }

            if (IsNews(made))
            {
                watermark = Note(made);
            }
        }

        return taken;
    }

    private long Periodic() => _generator is null ? Bounded() : _generator.OnPeriodic();

    /// <summary>The largest timestamp − delay − 1, or none if there is no record with a timestamp yet (or one too early to tell).</summary>
    private long Bounded() =>
        _largestTimestamp <= long.MinValue + _distanceMs ? WatermarkChange.NoWatermark : _largestTimestamp - _distanceMs;

    private bool IsNews(long watermark) => watermark > _watermark || (IsIdle && watermark != WatermarkChange.NoWatermark);

    private long Note(long watermark)
    {
        if (watermark == WatermarkChange.NoWatermark)
        {
            return WatermarkChange.NoWatermark;
        }

        IsIdle = false;
        return _watermark = Math.Max(_watermark, watermark);
    }
}
