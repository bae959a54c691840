namespace OrleansStream;

/// <summary>Times as the engine counts them: milliseconds since the Unix epoch.</summary>
public static class EventTime
{
    /// <summary>Converts to milliseconds since the Unix epoch, rounding down (also before 1970).</summary>
    /// <param name="time">The time.</param>
    public static long ToMilliseconds(DateTimeOffset time) =>
        (time.UtcTicks - DateTimeOffset.UnixEpoch.Ticks) is var ticks && ticks >= 0
            ? ticks / TimeSpan.TicksPerMillisecond
            : -((-ticks + TimeSpan.TicksPerMillisecond - 1) / TimeSpan.TicksPerMillisecond);

    /// <summary>Converts to milliseconds since the Unix epoch, rounding down. A time of unspecified kind is refused: it names no instant.</summary>
    /// <param name="time">The time, of kind UTC or local.</param>
    /// <exception cref="ArgumentException"><paramref name="time"/> has the kind <see cref="DateTimeKind.Unspecified"/>.</exception>
    public static long ToMilliseconds(DateTime time) =>
        time.Kind == DateTimeKind.Unspecified
            ? throw new ArgumentException(
                $"The DateTime {time:O} has no kind, so it names no instant. Use DateTimeOffset, or DateTime.SpecifyKind(…, DateTimeKind.Utc).", nameof(time))
            : ToMilliseconds(new DateTimeOffset(time));

    /// <summary>The milliseconds of a duration; options and windows count in whole milliseconds.</summary>
    internal static long WholeMilliseconds(TimeSpan span, string what) =>
        span.Ticks % TimeSpan.TicksPerMillisecond == 0
            ? span.Ticks / TimeSpan.TicksPerMillisecond
            : throw new JobDefinitionException($"{what} is {span}, which is not a whole number of milliseconds. Round it.");
}
