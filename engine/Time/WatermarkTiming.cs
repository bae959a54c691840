namespace OrleansStream.Engine.Time;

/// <summary>When watermarks are emitted: the option <c>watermark.interval</c>.</summary>
internal enum WatermarkTiming
{
    /// <summary>At the ticks, and at once where a generator says so. The default.</summary>
    Periodic,

    /// <summary>After every batch (interval 0). Ticks serve idleness only.</summary>
    AfterBatch,

    /// <summary>After every record that raises the watermark: exact and slow. Ticks serve idleness only.</summary>
    PerRecord,
}

/// <summary>What the options of a job say about the emission of watermarks.</summary>
internal static class WatermarkTimings
{
    private const long LongestIdleTickMs = 200;

    /// <summary>The timing that the options ask for.</summary>
    /// <param name="options">The options of the job.</param>
    public static WatermarkTiming Of(JobOptions options) =>
        options.WatermarkPerRecord ? WatermarkTiming.PerRecord
        : options.WatermarkInterval == TimeSpan.Zero ? WatermarkTiming.AfterBatch
        : WatermarkTiming.Periodic;

    /// <summary>
    /// How often a source or operator with this strategy must be ticked, in milliseconds; 0 for never. Without periodic emission only idleness needs ticks: a
    /// quarter of the timeout apart, at most 200 ms.
    /// </summary>
    /// <typeparam name="T">The type of the records.</typeparam>
    /// <param name="options">The options of the job.</param>
    /// <param name="strategy">The strategy.</param>
    public static long TickMs<T>(JobOptions options, WatermarkStrategy<T> strategy)
    {
        if (Of(options) == WatermarkTiming.Periodic)
        {
            return strategy.Kind == WatermarkKind.None && strategy.Idleness is null
                ? 0
                : Math.Max(1, (long)Math.Ceiling(options.WatermarkInterval.TotalMilliseconds));
        }

        return strategy.Idleness is { } timeout ? (long)Math.Clamp(timeout.TotalMilliseconds / 4, 1, LongestIdleTickMs) : 0;
    }
}
