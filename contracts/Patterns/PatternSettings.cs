namespace OrleansStream;

/// <summary>What a pattern operator was told.</summary>
internal sealed record PatternSettings<T>(Pattern<T> Pattern, AfterMatch AfterMatch)
{
    public bool IsEventTime { get; init; } = true;

    public OutputTag<T>? Late { get; init; }

    public OutputTag<PatternMatch<T>>? TimedOut { get; init; }

    /// <summary>As the plan hash sees it.</summary>
    public override string ToString() => $"{Pattern}; {AfterMatch}; {(IsEventTime ? "event time" : "processing time")}";
}
