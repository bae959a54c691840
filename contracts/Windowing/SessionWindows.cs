namespace OrleansStream;

/// <summary>Windows of activity: a session of a key ends when nothing came for the gap. Sessions that touch are one.</summary>
public sealed class SessionWindows : WindowAssigner
{
    private SessionWindows(long gap, bool isEventTime)
    {
        GapMs = SessionGap.Checked(gap);
        IsEventTime = isEventTime;
    }

    /// <summary>The gap in milliseconds.</summary>
    public long GapMs { get; }

    /// <inheritdoc/>
    public override bool IsMerging => true;

    /// <inheritdoc/>
    public override bool IsEventTime { get; }

    /// <summary>Sessions in event time with one gap for all records.</summary>
    /// <param name="gap">How long nothing must come; whole milliseconds, positive. A record exactly this long after another still belongs to its session.</param>
    /// <exception cref="JobDefinitionException">The gap is out of its range.</exception>
    public static SessionWindows WithGap(TimeSpan gap) => new(EventTime.WholeMilliseconds(gap, "The gap of a session"), true);

    /// <summary>Sessions in event time whose gap each record sets for itself.</summary>
    /// <typeparam name="T">The type of the records.</typeparam>
    /// <param name="gap">Gives the gap after a record; whole milliseconds, positive.</param>
    public static SessionWindows<T> WithGap<T>(Func<T, TimeSpan> gap) => new(gap, true);

    /// <summary>The same sessions by the host's clock: the results of two runs differ.</summary>
    public SessionWindows InProcessingTime() => new(GapMs, false);

    /// <inheritdoc/>
    public override void Assign(long time, ICollection<TimeWindow> windows)
    {
        ArgumentNullException.ThrowIfNull(windows);
        windows.Add(new TimeWindow(time, time + GapMs));
    }

    /// <inheritdoc/>
    public override string ToString() => $"session gap={GapMs}{(IsEventTime ? "" : " processing-time")}";
}

/// <summary>Sessions whose gap depends on the record; see <see cref="SessionWindows.WithGap{T}"/>.</summary>
/// <typeparam name="T">The type of the records.</typeparam>
public sealed class SessionWindows<T> : WindowAssigner<T>
{
    private readonly Func<T, TimeSpan> _gap;

    internal SessionWindows(Func<T, TimeSpan> gap, bool isEventTime)
    {
        ArgumentNullException.ThrowIfNull(gap);
        _gap = gap;
        IsEventTime = isEventTime;
    }

    /// <inheritdoc/>
    public override bool IsMerging => true;

    /// <inheritdoc/>
    public override bool IsEventTime { get; }

    /// <summary>The same sessions by the host's clock: the results of two runs differ.</summary>
    public SessionWindows<T> InProcessingTime() => new(_gap, false);

    /// <inheritdoc/>
    public override void Assign(in T value, long time, ICollection<TimeWindow> windows)
    {
        ArgumentNullException.ThrowIfNull(windows);
        windows.Add(new TimeWindow(time, time + SessionGap.Checked(EventTime.WholeMilliseconds(_gap(value), "The gap of a session"))));
    }

    /// <inheritdoc/>
    public override string ToString() => $"session gap=by-record{(IsEventTime ? "" : " processing-time")}";
}

internal static class SessionGap
{
    public static long Checked(long gap) =>
        gap > 0 ? gap : throw new JobDefinitionException($"A session with a gap of {gap} ms is not possible: the gap must be positive.");
}
