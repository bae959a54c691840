namespace OrleansStream.Connectors;

/// <summary>
/// How many records a reader may emit by now, at a steady rate by the host's clock: n records have gone out no earlier than n / rate seconds after the start. After a stall it catches up by one
/// second's worth at most; a clock that is set back holds nothing up.
/// </summary>
internal sealed class Throttle
{
    private readonly double _perMs;
    private readonly double _burst;
    private double _startMs;
    private long _lastMs = long.MinValue;
    private long _taken;

    public Throttle(double recordsPerSecond)
    {
        _perMs = recordsPerSecond / 1000;
        _burst = Math.Max(1, recordsPerSecond);
    }

    /// <summary>When the next record may be emitted.</summary>
    public long NextMs => (long)Math.Ceiling(_startMs + ((_taken + 1) / _perMs));

    /// <summary>Checks the rate that an author gives.</summary>
    public static double Require(double recordsPerSecond, string parameter) => recordsPerSecond > 0 && double.IsFinite(recordsPerSecond)
        ? recordsPerSecond
        : throw new ArgumentOutOfRangeException(parameter, recordsPerSecond, "Records per second must be a positive number.");

    /// <summary>How many records may be emitted now, at most as many as wanted.</summary>
    public int Available(long nowMs, int wanted)
    {
        if (_lastMs == long.MinValue)
        {
            _startMs = nowMs;
        }
        else if (nowMs < _lastMs)
        {
            _startMs -= _lastMs - nowMs;
        }

        _lastMs = nowMs;
        double open = ((nowMs - _startMs) * _perMs) - _taken;
        if (open > _burst)
        {
            _startMs += (open - _burst) / _perMs;
            open = _burst;
        }

        // A rate such as 1/3 per ms must give the third record at 3 ms although the product is a hair below 1.
        return (int)Math.Min(wanted, Math.Max(0, Math.Floor(open + 1e-6)));
    }

    /// <summary>Counts records that were emitted.</summary>
    public void Take(int count) => _taken += count;
}
