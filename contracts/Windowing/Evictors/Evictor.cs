namespace OrleansStream;

/// <summary>
/// Removes records from a window when it fires, before or after its function has seen them; for good, either way. With an evictor every record of a window is kept, whatever the function. Derive from it
/// for one of your own; it must keep nothing itself.
/// </summary>
/// <typeparam name="T">The type of the records.</typeparam>
public abstract class Evictor<T>
{
    /// <summary>Called before the function.</summary>
    /// <param name="records">The records in the order in which they came; the evictor removes from it.</param>
    /// <param name="window">The window.</param>
    public virtual void EvictBefore(List<TimedRecord<T>> records, TimeWindow window)
    {
    }

    /// <summary>Called after the function.</summary>
    /// <param name="records">The records in the order in which they came; the evictor removes from it.</param>
    /// <param name="window">The window.</param>
    public virtual void EvictAfter(List<TimedRecord<T>> records, TimeWindow window)
    {
    }
}

/// <summary>The evictors that there are.</summary>
public static class Evictor
{
    /// <summary>Keeps the <paramref name="n"/> records that came last.</summary>
    /// <typeparam name="T">The type of the records.</typeparam>
    /// <param name="n">At least 1.</param>
    /// <param name="after">Whether to evict after the function instead of before it.</param>
    public static Evictor<T> Count<T>(int n, bool after = false) =>
        n > 0 ? new CountEvictor<T>(n, after) : throw new JobDefinitionException($"The count of a count evictor is {n}; it must be at least 1.");

    /// <summary>Keeps records whose timestamp is above the largest one in the window minus <paramref name="span"/>.</summary>
    /// <typeparam name="T">The type of the records.</typeparam>
    /// <param name="span">Event time; whole milliseconds.</param>
    /// <param name="after">Whether to evict after the function instead of before it.</param>
    public static Evictor<T> Time<T>(TimeSpan span, bool after = false) => new TimeEvictor<T>(EventTime.WholeMilliseconds(span, "The time of a time evictor"), after);

    /// <summary>Keeps records that are nearer to the one that came last than a threshold.</summary>
    /// <typeparam name="T">The type of the records.</typeparam>
    /// <param name="threshold">The distance from which a record is removed.</param>
    /// <param name="distance">The distance from a record (first) to the last one (second).</param>
    /// <param name="after">Whether to evict after the function instead of before it.</param>
    public static Evictor<T> Delta<T>(double threshold, Func<T, T, double> distance, bool after = false)
    {
        ArgumentNullException.ThrowIfNull(distance);
        return new DeltaEvictor<T>(threshold, distance, after);
    }
}

internal abstract class SidedEvictor<T>(bool after) : Evictor<T>
{
    public sealed override void EvictBefore(List<TimedRecord<T>> records, TimeWindow window)
    {
        if (!after)
        {
            Evict(records);
        }
    }

    public sealed override void EvictAfter(List<TimedRecord<T>> records, TimeWindow window)
    {
        if (after)
        {
            Evict(records);
        }
    }

    protected abstract void Evict(List<TimedRecord<T>> records);
}

internal sealed class CountEvictor<T>(int n, bool after) : SidedEvictor<T>(after)
{
    protected override void Evict(List<TimedRecord<T>> records) => records.RemoveRange(0, Math.Max(0, records.Count - n));
}

internal sealed class TimeEvictor<T>(long spanMs, bool after) : SidedEvictor<T>(after)
{
    protected override void Evict(List<TimedRecord<T>> records)
    {
        long largest = long.MinValue;
        foreach (TimedRecord<T> record in records)
        {
            largest = Math.Max(largest, record.Timestamp);
        }

        if (largest != long.MinValue)
        {
            records.RemoveAll(record => record.Timestamp <= largest - spanMs);
        }
    }
}

internal sealed class DeltaEvictor<T>(double threshold, Func<T, T, double> distance, bool after) : SidedEvictor<T>(after)
{
    protected override void Evict(List<TimedRecord<T>> records)
    {
        if (records.Count > 0)
        {
            T last = records[^1].Value;
            records.RemoveAll(record => distance(record.Value, last) >= threshold);
        }
    }
}
