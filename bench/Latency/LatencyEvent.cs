namespace OrleansStream.Bench.Latency;

/// <summary>An event that carries when it was meant to be sent.</summary>
/// <param name="Key">The key.</param>
/// <param name="Value">A value.</param>
/// <param name="IntendedNs">When it was meant to be sent, by the monotonic clock: a source that falls behind does not hide its delay.</param>
public readonly record struct LatencyEvent(long Key, long Value, long IntendedNs);
