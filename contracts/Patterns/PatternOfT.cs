namespace OrleansStream;

/// <summary>
/// A pattern of events: steps that follow one another, each with conditions and a number of repetitions. Immutable; each method gives a new pattern, and what it says is about the last step.
/// Mistakes are reported when it is given to <see cref="KeyedStream{TKey, T}.Match"/>.
/// </summary>
/// <typeparam name="T">The type of the events.</typeparam>
public sealed class Pattern<T>
{
    internal Pattern(IReadOnlyList<PatternStep<T>> steps, long? withinMs)
    {
        Steps = steps;
        WithinMs = withinMs;
    }

    internal IReadOnlyList<PatternStep<T>> Steps { get; }

    internal long? WithinMs { get; }

    private PatternStep<T> Last => Steps[^1];

    /// <summary>The next step takes the very next event.</summary>
    /// <param name="name">Its name, unique in the pattern.</param>
    public Pattern<T> Next(string name) => Then(PatternStep<T>.Named(PatternLink.Next, name));

    /// <summary>The steps of a group come next, the first of them with the very next event.</summary>
    /// <param name="group">The steps, without Within.</param>
    public Pattern<T> Next(Pattern<T> group) => Then(PatternStep<T>.Of(PatternLink.Next, group));

    /// <summary>The next step takes the next event that fits; others before it are skipped.</summary>
    /// <param name="name">Its name, unique in the pattern.</param>
    public Pattern<T> FollowedBy(string name) => Then(PatternStep<T>.Named(PatternLink.FollowedBy, name));

    /// <summary>The steps of a group come next; events that do not fit the first of them are skipped.</summary>
    /// <param name="group">The steps, without Within.</param>
    public Pattern<T> FollowedBy(Pattern<T> group) => Then(PatternStep<T>.Of(PatternLink.FollowedBy, group));

    /// <summary>The next step takes any later event that fits; each of them makes a match of its own.</summary>
    /// <param name="name">Its name, unique in the pattern.</param>
    public Pattern<T> FollowedByAny(string name) => Then(PatternStep<T>.Named(PatternLink.FollowedByAny, name));

    /// <summary>The steps of a group come next; events that fit the first of them may be skipped too.</summary>
    /// <param name="group">The steps, without Within.</param>
    public Pattern<T> FollowedByAny(Pattern<T> group) => Then(PatternStep<T>.Of(PatternLink.FollowedByAny, group));

    /// <summary>The very next event must not fit; it is no part of the match.</summary>
    /// <param name="name">The name of the condition, unique in the pattern.</param>
    public Pattern<T> NotNext(string name) => Then(PatternStep<T>.Named(PatternLink.NotNext, name));

    /// <summary>
    /// No event that fits may come before that of the next step. As the last step it needs <see cref="Within"/>: the match is complete when that time is over.
    /// </summary>
    /// <param name="name">The name of the condition, unique in the pattern.</param>
    public Pattern<T> NotFollowedBy(string name) => Then(PatternStep<T>.Named(PatternLink.NotFollowedBy, name));

    /// <summary>What an event of the step must fulfil; several calls must all hold.</summary>
    /// <param name="condition">Called on the subtask's thread, at most once per event; must not change anything.</param>
    public Pattern<T> Where(Func<T, bool> condition)
    {
        ArgumentNullException.ThrowIfNull(condition);
        return Where(PatternCondition<T>.Of(condition));
    }

    /// <summary>What an event of the step must fulfil in view of the events that were matched before; several calls must all hold.</summary>
    /// <param name="condition">Called on the subtask's thread, for an event and each partial match that waits for one; must not change anything.</param>
    public Pattern<T> Where(Func<T, PartialMatch<T>, bool> condition)
    {
        ArgumentNullException.ThrowIfNull(condition);
        return Where(PatternCondition<T>.Of(condition));
    }

    /// <summary>What an event may fulfil instead of all that was said before.</summary>
    /// <param name="condition">Called on the subtask's thread; must not change anything.</param>
    public Pattern<T> Or(Func<T, bool> condition)
    {
        ArgumentNullException.ThrowIfNull(condition);
        return Or(PatternCondition<T>.Of(condition));
    }

    /// <summary>What an event may fulfil instead of all that was said before, in view of the events that were matched before.</summary>
    /// <param name="condition">Called on the subtask's thread; must not change anything.</param>
    public Pattern<T> Or(Func<T, PartialMatch<T>, bool> condition)
    {
        ArgumentNullException.ThrowIfNull(condition);
        return Or(PatternCondition<T>.Of(condition));
    }

    /// <summary>The step comes exactly this often.</summary>
    /// <param name="times">At least 1.</param>
    public Pattern<T> Times(int times) => Repeat(times, times);

    /// <summary>The step comes between these many times. From 0 makes it optional.</summary>
    /// <param name="least">At least 0.</param>
    /// <param name="most">At least 1 and not below <paramref name="least"/>.</param>
    public Pattern<T> Times(int least, int most) => Repeat(least, most);

    /// <summary>The step comes this often or more. From 0 makes it optional.</summary>
    /// <param name="least">At least 0.</param>
    public Pattern<T> TimesOrMore(int least) => Repeat(least, null);

    /// <summary>The step comes once or more.</summary>
    public Pattern<T> OneOrMore() => Repeat(1, null);

    /// <summary>No other event comes between the repetitions of the step.</summary>
    public Pattern<T> Consecutive() => With(Last with { Repetition = PatternRepetition.Consecutive });

    /// <summary>Between the repetitions of the step also events may be skipped that fit: each combination makes a match.</summary>
    public Pattern<T> AllowCombinations() => With(Last with { Repetition = PatternRepetition.Combinations });

    /// <summary>The step takes as many events as it can before the next step may come.</summary>
    public Pattern<T> Greedy() => With(Last with { IsGreedy = true });

    /// <summary>The step may be left out.</summary>
    public Pattern<T> Optional() => With(Last with { IsOptional = true });

    /// <summary>An event that ends the repetitions of a step that may come endlessly; it is not taken itself.</summary>
    /// <param name="condition">Called on the subtask's thread; must not change anything.</param>
    public Pattern<T> Until(Func<T, bool> condition)
    {
        ArgumentNullException.ThrowIfNull(condition);
        return With(Last with { Until = PatternCondition<T>.Of(condition) });
    }

    /// <summary>An event that ends the repetitions of a step that may come endlessly; it is not taken itself.</summary>
    /// <param name="condition">Called on the subtask's thread; must not change anything.</param>
    public Pattern<T> Until(Func<T, PartialMatch<T>, bool> condition)
    {
        ArgumentNullException.ThrowIfNull(condition);
        return With(Last with { Until = PatternCondition<T>.Of(condition) });
    }

    /// <summary>
    /// The time from the first event of a match to its last, which is less. A partial match that takes longer is given up: without this the state of the pattern can grow without a bound.
    /// Of several calls the shortest time counts.
    /// </summary>
    /// <param name="time">More than zero; whole milliseconds.</param>
    public Pattern<T> Within(TimeSpan time)
    {
        long ms = EventTime.WholeMilliseconds(time, "The time within which a pattern is to match");
        return new Pattern<T>(Steps, Math.Min(ms, WithinMs ?? ms));
    }

    /// <summary>
    /// The time from the previous event to that of the step, which is less. It is looked at with the next event of the key; what bounds the state is <see cref="Within"/>.
    /// </summary>
    /// <param name="time">More than zero and not longer than <see cref="Within"/>; whole milliseconds.</param>
    public Pattern<T> WithinPrevious(TimeSpan time) => With(Last with { WithinPreviousMs = EventTime.WholeMilliseconds(time, $"The time between {Last.Title} and the event before it") });

    /// <inheritdoc/>
    public override string ToString() => string.Join("; ", Steps) + (WithinMs is { } ms ? $"; within {ms} ms" : "");

    private Pattern<T> Then(PatternStep<T> step) => new([.. Steps, step], WithinMs);

    private Pattern<T> With(PatternStep<T> last) => new([.. Steps.Take(Steps.Count - 1), last], WithinMs);

    private Pattern<T> Where(PatternCondition<T> condition) => With(Last with { Condition = Last.Condition?.And(condition) ?? condition });

    private Pattern<T> Or(PatternCondition<T> condition) => Last.Condition is { } earlier
        ? With(Last with { Condition = earlier.Or(condition) })
        : throw new JobDefinitionException($"Or of {Last.Title} has nothing before it: any event fits there. Begin with Where.");

    private Pattern<T> Repeat(int least, int? most) => least < 0 || most < 1 || most < least
        ? throw new JobDefinitionException($"{least} to {most} repetitions of {Last.Title} can never match. Give a least number of 0 or more and a greatest one of 1 or more that is not below it.")
        : With(Last with { Least = Math.Max(least, 1), Most = most, IsRepeated = true, IsOptional = Last.IsOptional || least == 0 });
}
