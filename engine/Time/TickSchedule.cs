namespace OrleansStream.Engine.Time;

/// <summary>When the next periodic tick is due, by the host's clock. A tick that came late does not make the following ones early.</summary>
internal sealed class TickSchedule(long intervalMs)
{
    public long NextMs { get; private set; } = long.MaxValue;

    /// <summary>Begins to tick, one interval from now; never, if the interval is 0.</summary>
    public void Start(long nowMs) => NextMs = intervalMs > 0 ? nowMs + intervalMs : long.MaxValue;

    /// <summary>Whether a tick is due; if so the next is one interval from now.</summary>
    public bool IsDue(long nowMs)
    {
        if (nowMs < NextMs)
        {
            return false;
        }

        NextMs = nowMs + intervalMs;
        return true;
    }
}
