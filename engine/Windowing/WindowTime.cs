namespace OrleansStream.Engine.Windowing;

/// <summary>When a window fires and dies.</summary>
internal static class WindowTime
{
    public static bool IsDue(long end, long watermark) => watermark >= end - 1;

    /// <summary>Whether a window is gone: its last millisecond plus the lateness is at or below the watermark.</summary>
    public static bool IsDead(long end, long latenessMs, long watermark) => SaturatingAdd(end - 1, latenessMs) <= watermark;

    /// <summary>What is thrown for a record that no window in event time can take.</summary>
    /// <param name="operatorName">The operator that got it.</param>
    public static JobDefinitionException NoTimestamp(string operatorName) => new(
        $"the record has no timestamp, which an event-time window needs. Give the source a WatermarkStrategy with WithTimestamps, or call AssignTimestamps before '{operatorName}'.");

    public static long SaturatingAdd(long a, long b) => a > 0 && b > long.MaxValue - a ? long.MaxValue : a + b;
}
