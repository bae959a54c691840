namespace OrleansStream;

/// <summary>What becomes of other partial matches when a match was found.</summary>
public sealed record AfterMatch
{
    private AfterMatch(AfterMatchKind kind, string? step = null)
    {
        Kind = kind;
        Step = step;
    }

    /// <summary>They all go on: every match is found. The default.</summary>
    public static AfterMatch NoSkip { get; } = new(AfterMatchKind.NoSkip);

    /// <summary>Those that began with the same event are dropped.</summary>
    public static AfterMatch SkipToNext { get; } = new(AfterMatchKind.SkipToNext);

    /// <summary>Those that began before the match ended are dropped: matches do not overlap.</summary>
    public static AfterMatch SkipPastLastEvent { get; } = new(AfterMatchKind.SkipPastLast);

    internal AfterMatchKind Kind { get; }

    internal string? Step { get; }

    internal bool ThrowsOnMiss { get; private init; }

    /// <summary>Those that began before the first event of a step are dropped.</summary>
    /// <param name="step">The name of a step of the pattern.</param>
    public static AfterMatch SkipToFirst(string step) => new(AfterMatchKind.SkipToFirst, Named(step));

    /// <summary>Those that began before the last event of a step are dropped.</summary>
    /// <param name="step">The name of a step of the pattern.</param>
    public static AfterMatch SkipToLast(string step) => new(AfterMatchKind.SkipToLast, Named(step));

    /// <summary>A match that has no event of the step to skip to, or begins with it, fails the job; without this nothing is skipped then.</summary>
    public AfterMatch ThrowOnMiss() => Step is null
        ? throw new JobDefinitionException("ThrowOnMiss belongs to SkipToFirst and SkipToLast: the other strategies always find where to skip to.")
        : this with { ThrowsOnMiss = true };

    /// <inheritdoc/>
    public override string ToString() => Step is null ? Kind.ToString() : $"{Kind}({Step}){(ThrowsOnMiss ? " or throw" : "")}";

    private static string Named(string step)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(step);
        return step;
    }
}

/// <summary>The kinds of skipping.</summary>
internal enum AfterMatchKind
{
    NoSkip,
    SkipToNext,
    SkipPastLast,
    SkipToFirst,
    SkipToLast,
}
