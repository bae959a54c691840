namespace OrleansStream.Engine.Tests.GoldenJobs;

/// <summary>The records of the golden jobs.</summary>
internal readonly record struct Reading(int Key, long Time, int Value)
{
    public const int DelayMs = 60;

    public const long Start = 1_700_000_000_000;

    public static WatermarkStrategy<Reading> Watermarks { get; } =
        WatermarkStrategy.BoundedOutOfOrderness<Reading>(TimeSpan.FromMilliseconds(DelayMs)).WithTimestamps(r => r.Time);

    /// <summary>
    /// Splits of readings, about 10 ms apart and out of order by less than <see cref="DelayMs"/>. A key is in one split only, so that its records have one order.
    /// </summary>
    public static Reading[][] Splits(int splits, int records, int keysPerSplit = 4, ulong seed = 7) =>
        [.. Enumerable.Range(0, splits).Select(split => Split(split, records, keysPerSplit, seed))];

    public static string Count(IEnumerable<Reading> readings) => $"{readings.Count()}:{readings.Sum(r => r.Value)}";

    private static Reading[] Split(int split, int records, int keys, ulong seed)
    {
        SeededRandom random = new((long)seed + (split * 1000));
        Reading[] readings = new Reading[records];
        for (int i = 0; i < records; i++)
        {
            readings[i] = new Reading((split * keys) + random.Next(keys), Start + (i * 10) - random.Next(DelayMs), random.Next(100));
        }

        return readings;
    }
}
