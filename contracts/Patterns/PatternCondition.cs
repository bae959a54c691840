namespace OrleansStream;

/// <summary>What an event must fulfil, made of the author's lambdas.</summary>
internal abstract class PatternCondition<T>
{
    /// <summary>Whether it looks at the events that were matched before.</summary>
    public abstract bool NeedsMatch { get; }

    public abstract bool Holds(in T value, PartialMatch<T> match);

    public static PatternCondition<T> Of(Func<T, bool> predicate) => new Plain(predicate);

    public static PatternCondition<T> Of(Func<T, PartialMatch<T>, bool> predicate) => new Iterative(predicate);

    public PatternCondition<T> And(PatternCondition<T> other) => new Both(this, other);

    public PatternCondition<T> Or(PatternCondition<T> other) => new Either(this, other);

    private sealed class Plain(Func<T, bool> predicate) : PatternCondition<T>
    {
        public override bool NeedsMatch => false;

        public override bool Holds(in T value, PartialMatch<T> match) => predicate(value);
    }

    private sealed class Iterative(Func<T, PartialMatch<T>, bool> predicate) : PatternCondition<T>
    {
        public override bool NeedsMatch => true;

        public override bool Holds(in T value, PartialMatch<T> match) => predicate(value, match);
    }

    private sealed class Both(PatternCondition<T> first, PatternCondition<T> second) : PatternCondition<T>
    {
        public override bool NeedsMatch { get; } = first.NeedsMatch || second.NeedsMatch;

        public override bool Holds(in T value, PartialMatch<T> match) => first.Holds(in value, match) && second.Holds(in value, match);
    }

    private sealed class Either(PatternCondition<T> first, PatternCondition<T> second) : PatternCondition<T>
    {
        public override bool NeedsMatch { get; } = first.NeedsMatch || second.NeedsMatch;

        public override bool Holds(in T value, PartialMatch<T> match) => first.Holds(in value, match) || second.Holds(in value, match);
    }
}
