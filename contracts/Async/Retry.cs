namespace OrleansStream;

/// <summary>Which failed calls are repeated, how often, and after what pause. Immutable.</summary>
public sealed record Retry
{
    private static readonly TimeSpan s_firstPause = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan s_longestPause = TimeSpan.FromSeconds(10);

    private Retry(int attempts, TimeSpan pause, double multiplier, TimeSpan longestPause)
    {
        Attempts = attempts;
        Pause = pause;
        Multiplier = multiplier;
        LongestPause = longestPause;
    }

    /// <summary>A call that fails is not repeated.</summary>
    public static Retry None { get; } = new(1, TimeSpan.Zero, 1, TimeSpan.Zero);

    /// <summary>How often a record is called at most, the first time included.</summary>
    public int Attempts { get; }

    /// <summary>The pause before the first repetition.</summary>
    public TimeSpan Pause { get; }

    /// <summary>How each pause grows over the one before.</summary>
    public double Multiplier { get; }

    /// <summary>The longest pause.</summary>
    public TimeSpan LongestPause { get; }

    /// <summary>Which exceptions are worth a repetition; all if null. Called on the subtask's thread.</summary>
    public Func<Exception, bool>? Condition { get; private init; }

    /// <summary>Repeats after pauses of equal length.</summary>
    /// <param name="attempts">How often a record is called at most, the first time included; at least 1.</param>
    /// <param name="pause">The pause between a failure and the next attempt; not negative.</param>
    public static Retry Fixed(int attempts, TimeSpan pause)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(attempts, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(pause, TimeSpan.Zero);
        return new Retry(attempts, pause, 1, pause);
    }

    /// <summary>Repeats after pauses that grow.</summary>
    /// <param name="attempts">How often a record is called at most, the first time included; at least 1.</param>
    /// <param name="pause">The first pause; 100 ms if null.</param>
    /// <param name="multiplier">How each pause grows over the one before; at least 1.</param>
    /// <param name="longestPause">The longest pause; 10 s if null.</param>
    public static Retry Exponential(int attempts, TimeSpan? pause = null, double multiplier = 2, TimeSpan? longestPause = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(attempts, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(multiplier, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(pause ?? s_firstPause, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfLessThan(longestPause ?? s_longestPause, pause ?? s_firstPause);
        return new Retry(attempts, pause ?? s_firstPause, multiplier, longestPause ?? s_longestPause);
    }

    /// <summary>Repeats only after some failures; others fail the attempt at once.</summary>
    /// <param name="condition">Whether an exception is worth a repetition.</param>
    public Retry When(Func<Exception, bool> condition)
    {
        ArgumentNullException.ThrowIfNull(condition);
        return this with { Condition = condition };
    }

    /// <summary>The pause before an attempt, from 2 on.</summary>
    internal long PauseMsBefore(int attempt) =>
        (long)Math.Min(Pause.TotalMilliseconds * Math.Pow(Multiplier, attempt - 2), LongestPause.TotalMilliseconds);
}
