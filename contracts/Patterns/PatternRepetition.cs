namespace OrleansStream;

/// <summary>How the repetitions of a step follow one another.</summary>
internal enum PatternRepetition
{
    /// <summary>Events that do not fit are skipped.</summary>
    Relaxed,

    /// <summary>No other event comes between them.</summary>
    Consecutive,

    /// <summary>Events that fit may be skipped too: each combination makes a match.</summary>
    Combinations,
}
