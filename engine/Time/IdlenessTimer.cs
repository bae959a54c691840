namespace OrleansStream.Engine.Time;

/// <summary>
/// Measures idleness at the ticks: the first tick that saw no record since the tick before starts the measurement, and it must then be more than the timeout.
/// Mutable struct: keep it in a field that is not readonly.
/// </summary>
internal struct IdlenessTimer
{
    private readonly long _timeoutMs;
    private long _sinceMs;
    private bool _measuring;
    private bool _active;

    /// <summary>Creates a timer.</summary>
    /// <param name="timeout">The timeout; null for never idle.</param>
    public IdlenessTimer(TimeSpan? timeout)
    {
        // Whole milliseconds exceed the timeout just when they exceed its whole milliseconds.
        _timeoutMs = timeout is { } span ? span.Ticks / TimeSpan.TicksPerMillisecond : -1;
    }

    /// <summary>Records came.</summary>
    public void OnRecords() => _active = true;

    /// <summary>The periodic check.</summary>
    /// <param name="nowMs">The host's clock.</param>
    /// <returns>Whether there has been no record for longer than the timeout.</returns>
    public bool OnTick(long nowMs)
    {
        if (_timeoutMs < 0)
        {
            return false;
        }

        if (_active)
        {
            _active = false;
            _measuring = false;
            return false;
        }

        if (!_measuring)
        {
            _measuring = true;
            _sinceMs = nowMs;
            return false;
        }

        return nowMs - _sinceMs > _timeoutMs;
    }
}
