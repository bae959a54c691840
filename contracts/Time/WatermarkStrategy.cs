namespace OrleansStream;

/// <summary>How the records of a source get their timestamps and how watermarks follow from them.</summary>
public static class WatermarkStrategy
{
    /// <summary>Records are out of order by at most <paramref name="delay"/>: the watermark is the largest timestamp − delay − 1 ms.</summary>
    /// <typeparam name="T">The type of the records.</typeparam>
    /// <param name="delay">The bound; whole milliseconds, not negative.</param>
    public static WatermarkStrategy<T> BoundedOutOfOrderness<T>(TimeSpan delay)
    {
        long ms = EventTime.WholeMilliseconds(delay, "The bound of out-of-orderness");
        return ms < 0
            ? throw new JobDefinitionException($"The bound of out-of-orderness is {delay}; it cannot be negative.")
            : new WatermarkStrategy<T>(WatermarkKind.Bounded, ms, null, null, null);
    }

    /// <summary>Timestamps of a split never go back: the watermark is the largest timestamp − 1 ms.</summary>
    /// <typeparam name="T">The type of the records.</typeparam>
    public static WatermarkStrategy<T> Monotonous<T>() => new(WatermarkKind.Bounded, 0, null, null, null);

    /// <summary>No watermarks but the final one of a bounded source: for jobs without event time.</summary>
    /// <typeparam name="T">The type of the records.</typeparam>
    public static WatermarkStrategy<T> None<T>() => new(WatermarkKind.None, 0, null, null, null);

    /// <summary>Watermarks of a generator of your own.</summary>
    /// <typeparam name="T">The type of the records.</typeparam>
    /// <param name="generator">Makes one generator per split.</param>
    public static WatermarkStrategy<T> ForGenerator<T>(Func<IWatermarkGenerator<T>> generator)
    {
        ArgumentNullException.ThrowIfNull(generator);
        return new WatermarkStrategy<T>(WatermarkKind.Custom, 0, generator, null, null);
    }
}

/// <summary>How the records of a source get their timestamps and how watermarks follow from them. Immutable.</summary>
/// <typeparam name="T">The type of the records.</typeparam>
public sealed class WatermarkStrategy<T>
{
    internal WatermarkStrategy(WatermarkKind kind, long delayMs, Func<IWatermarkGenerator<T>>? generator, Func<T, long>? timestamps, TimeSpan? idleness)
    {
        Kind = kind;
        DelayMs = delayMs;
        Generator = generator;
        Timestamps = timestamps;
        Idleness = idleness;
    }

    internal WatermarkKind Kind { get; }

    internal long DelayMs { get; }

    internal Func<IWatermarkGenerator<T>>? Generator { get; }

    internal Func<T, long>? Timestamps { get; }

    internal TimeSpan? Idleness { get; }

    internal WatermarkAlignment? Alignment { get; private init; }

    /// <summary>Takes timestamps from the records; without it they keep those that the source gives them (a Kafka record's own, for example).</summary>
    /// <param name="timestamp">Gives milliseconds since the Unix epoch.</param>
    public WatermarkStrategy<T> WithTimestamps(Func<T, long> timestamp)
    {
        ArgumentNullException.ThrowIfNull(timestamp);
        return new WatermarkStrategy<T>(Kind, DelayMs, Generator, timestamp, Idleness) { Alignment = Alignment };
    }

    /// <summary>Takes timestamps from the records, rounded down to milliseconds.</summary>
    /// <param name="timestamp">Gives the time.</param>
    public WatermarkStrategy<T> WithTimestamps(Func<T, DateTimeOffset> timestamp)
    {
        ArgumentNullException.ThrowIfNull(timestamp);
        return WithTimestamps(value => EventTime.ToMilliseconds(timestamp(value)));
    }

    /// <summary>Takes timestamps from the records, rounded down to milliseconds; a time of unspecified kind fails the job.</summary>
    /// <param name="timestamp">Gives the time, of kind UTC or local.</param>
    public WatermarkStrategy<T> WithTimestamps(Func<T, DateTime> timestamp)
    {
        ArgumentNullException.ThrowIfNull(timestamp);
        return WithTimestamps(value => EventTime.ToMilliseconds(timestamp(value)));
    }

    /// <summary>Leaves a split without records out of the watermark after this time, so that it does not hold back the others.</summary>
    /// <param name="timeout">Processing time without a record; whole milliseconds, positive.</param>
    public WatermarkStrategy<T> WithIdleness(TimeSpan timeout) =>
        EventTime.WholeMilliseconds(timeout, "The idleness timeout") <= 0
            ? throw new JobDefinitionException($"The idleness timeout is {timeout}; it must be positive.")
            : new WatermarkStrategy<T>(Kind, DelayMs, Generator, Timestamps, timeout) { Alignment = Alignment };

    /// <summary>
    /// Keeps the subtasks of a source, and of all sources with the same group, together in event time: one whose watermark is ahead of the least in the group by more than the drift reads nothing until the
    /// others have come closer. So windows, sessions and joins behind them keep little that waits for the slowest. Subtasks that are idle or have ended, and those that have no watermark yet, are not waited for;
    /// one whose splits get no records holds the others, unless there is <see cref="WithIdleness"/>. On several nodes the watermarks of the others come with heartbeats (<c>taskhost.heartbeat</c>), so there a
    /// source moves on by at most the drift between two of them. Splits that one subtask reads are held one by one where the source can do that: Kafka's partitions can, files cannot.
    /// </summary>
    /// <param name="group">The group; sources of one job with equal names wait for each other.</param>
    /// <param name="maxDrift">How far ahead a subtask may be; whole milliseconds, positive.</param>
    public WatermarkStrategy<T> WithAlignment(string group, TimeSpan maxDrift)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(group);
        long ms = EventTime.WholeMilliseconds(maxDrift, $"The drift of the alignment group '{group}'");
        if (ms <= 0)
        {
            throw new JobDefinitionException($"The drift of the alignment group '{group}' is {maxDrift}; it must be positive.");
        }

        return Kind == WatermarkKind.None
            ? throw new JobDefinitionException($"A strategy without watermarks cannot be in the alignment group '{group}': there is nothing to compare. Use BoundedOutOfOrderness, Monotonous or ForGenerator.")
            : new WatermarkStrategy<T>(Kind, DelayMs, Generator, Timestamps, Idleness) { Alignment = new WatermarkAlignment(group, ms) };
    }
}

/// <summary>Which sources are kept together, and how close.</summary>
/// <param name="Group">The group.</param>
/// <param name="MaxDriftMs">How far ahead of the least watermark of the group one may be.</param>
internal sealed record WatermarkAlignment(string Group, long MaxDriftMs);

/// <summary>The kinds of watermark strategies that the engine knows.</summary>
internal enum WatermarkKind
{
    None,
    Bounded,
    Custom,
}
