namespace OrleansStream;

/// <summary>One window per key that holds all its records and never ends. It needs a trigger: by itself it never fires.</summary>
public sealed class GlobalWindows : WindowAssigner
{
    private readonly bool _firesAtEnd;

    private GlobalWindows(bool firesAtEnd)
    {
        _firesAtEnd = firesAtEnd;
    }

    /// <summary>Windows that fire when their trigger says so.</summary>
    public static GlobalWindows Create() => new(false);

    /// <summary>Windows that fire once, when the input of a bounded job has ended.</summary>
    public static GlobalWindows FiringAtTheEnd() => new(true);

    /// <summary>No window of these ends by the watermark, so no record is late.</summary>
    public override bool IsEventTime => false;

    /// <inheritdoc/>
    public override Trigger DefaultTrigger => _firesAtEnd ? Trigger.EventTime() : Trigger.Never();

    /// <inheritdoc/>
    public override void Assign(long time, ICollection<TimeWindow> windows)
    {
        ArgumentNullException.ThrowIfNull(windows);
        windows.Add(TimeWindow.Global);
    }

    /// <inheritdoc/>
    public override string ToString() => _firesAtEnd ? "global firing-at-the-end" : "global";
}
