namespace OrleansStream.Engine.Time;

/// <summary>
/// The watermarks of an operator that makes them in mid-stream (<see cref="DataStream{T}.AssignTimestamps"/>): one emitter for all records of the subtask.
/// Watermarks and statuses from upstream are dropped, but the final watermark. Called on the subtask's thread; times come with the ticks. For the loop over a
/// batch, ticks and timings see <see cref="SplitWatermarks{T}"/>.
/// </summary>
/// <typeparam name="T">The type of the records.</typeparam>
internal sealed class StreamWatermarks<T>
{
    private readonly WatermarkEmitter<T> _emitter;
    private WatermarkOutput _output = new();

    /// <summary>Creates the watermarks of a subtask.</summary>
    /// <param name="strategy">How watermarks follow from records.</param>
    /// <param name="timing">When they are emitted.</param>
    public StreamWatermarks(WatermarkStrategy<T> strategy, WatermarkTiming timing)
    {
        _emitter = new WatermarkEmitter<T>(strategy, timing);
    }

    /// <summary>The last watermark that went out.</summary>
    public long Watermark => _output.Watermark;

    /// <summary>Whether the output is idle.</summary>
    public bool IsIdle => _output.IsIdle;

    /// <summary>Records came.</summary>
    /// <param name="values">The records.</param>
    /// <param name="timestamps">Their timestamps, as many.</param>
    /// <param name="taken">How many records go out before what is returned; with fewer than all, call again with the rest.</param>
    /// <returns>What goes out after the records that were taken.</returns>
    public WatermarkChange OnBatch(ReadOnlySpan<T> values, ReadOnlySpan<long> timestamps, out int taken)
    {
        taken = 0;
        while (taken < values.Length)
        {
            taken += _emitter.OnBatch(values[taken..], timestamps[taken..], out long watermark);
            if (watermark > _output.Watermark)
            {
                return _output.Rise(watermark);
            }
        }

        return WatermarkChange.None;
    }

    /// <summary>The periodic tick.</summary>
    /// <param name="nowMs">The host's clock.</param>
    /// <returns>What goes out.</returns>
    public WatermarkChange OnTick(long nowMs)
    {
        bool becomesIdle = _emitter.OnTick(nowMs, out long watermark);
        return becomesIdle ? _output.RiseAndGoIdle(WatermarkChange.NoWatermark) : _output.Rise(watermark);
    }

    /// <summary>A watermark came from upstream.</summary>
    /// <param name="watermark">The watermark; only the final one has an effect.</param>
    /// <returns>What goes out.</returns>
    public WatermarkChange OnUpstreamWatermark(long watermark) =>
        watermark == WatermarkChange.Final ? _output.Rise(watermark) : WatermarkChange.None;
}
