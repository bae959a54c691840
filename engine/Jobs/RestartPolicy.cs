namespace OrleansStream.Engine.Jobs;

/// <summary>Decides whether and when a failed job is started again. Pure: times come from the caller.</summary>
internal sealed class RestartPolicy(RestartOptions options, bool hasCheckpoints)
{
    private readonly RestartKind _kind = options.Strategy ?? (hasCheckpoints ? RestartKind.ExponentialDelay : RestartKind.None);
    private readonly Queue<long> _failures = new();
    private int _count;
    private double _delayMs = options.InitialDelay.TotalMilliseconds;
    private long _lastFailureMs = long.MinValue;

    /// <summary>The strategy that is in force.</summary>
    public RestartKind Kind => _kind;

    /// <summary>An attempt failed.</summary>
    /// <param name="nowMs">When.</param>
    /// <param name="random">From 0 to 1, for jitter.</param>
    /// <returns>How long to wait before the next attempt; null to give up.</returns>
    public long? OnFailure(long nowMs, double random)
    {
        _count++;
        switch (_kind)
        {
            case RestartKind.FixedDelay:
                return _count <= options.Attempts ? (long)options.Delay.TotalMilliseconds : null;
            case RestartKind.FailureRate:
                _failures.Enqueue(nowMs);
                while (_failures.Peek() <= nowMs - (long)options.FailureInterval.TotalMilliseconds)
                {
                    _failures.Dequeue();
                }

                return _failures.Count <= options.Failures ? (long)options.Delay.TotalMilliseconds : null;
            case RestartKind.ExponentialDelay:
                if (_lastFailureMs != long.MinValue && nowMs - _lastFailureMs > options.ResetAfter.TotalMilliseconds)
                {
                    _delayMs = options.InitialDelay.TotalMilliseconds;
                }

                _lastFailureMs = nowMs;
                double delay = _delayMs * (1 + (options.Jitter * ((2 * random) - 1)));
                _delayMs = Math.Min(_delayMs * options.Multiplier, options.MaxDelay.TotalMilliseconds);
                return (long)delay;
            default:
                return null;
        }
    }

    /// <summary>For messages.</summary>
    public override string ToString() => _kind switch
    {
        RestartKind.FixedDelay => $"fixed delay, {options.Attempts} attempts",
        RestartKind.FailureRate => $"failure rate, {options.Failures} in {options.FailureInterval}",
        RestartKind.ExponentialDelay => "exponential delay",
        _ => "none",
    };
}
