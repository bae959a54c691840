namespace OrleansStream.Engine.Time;

/// <summary>
/// When the next periodic tick is due, by the host's clock: at its multiples of the interval. So all sources of a job tick together, their watermarks meet where they are combined, and what is done for a watermark is done
/// once for all of them. A tick that came late does not make the following ones late.
/// </summary>
internal sealed class TickSchedule(long intervalMs)
{
    public long NextMs { get; private set; } = long.MaxValue;

    /// <summary>Begins to tick; never, if the interval is 0.</summary>
    public void Start(long nowMs) => NextMs = intervalMs > 0 ? After(nowMs) : long.MaxValue;

    /// <summary>Whether a tick is due; if so the next is at the next multiple.</summary>
    public bool IsDue(long nowMs)
    {
        if (nowMs < NextMs)
        {
            return false;
        }

        NextMs = After(nowMs);
        return true;
    }

    private long After(long nowMs) => nowMs - (nowMs % intervalMs) + intervalMs;
}
