namespace OrleansStream;

/// <summary>Which clock a timer follows.</summary>
public enum TimeDomain
{
    /// <summary>The watermark.</summary>
    EventTime,

    /// <summary>The host's clock.</summary>
    ProcessingTime,
}

/// <summary>A timer that has come due.</summary>
/// <param name="Time">The time it was registered for, in milliseconds since the Unix epoch.</param>
/// <param name="Domain">Which clock it followed.</param>
public readonly record struct FiredTimer(long Time, TimeDomain Domain);
