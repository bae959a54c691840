namespace OrleansStream.Engine.Patterns;

/// <summary>Numbers the conditions of a pattern and makes guards of them, while the automaton is built.</summary>
internal sealed class PatternConditions<T>
{
    private readonly Dictionary<PatternCondition<T>, string> _titles = new(ReferenceEqualityComparer.Instance);
    private readonly List<PatternTest<T>> _tests = [];
    private readonly Dictionary<PatternCondition<T>, int> _numbers = new(ReferenceEqualityComparer.Instance);

    public PatternConditions(Pattern<T> pattern) => AddTitles(pattern);

    public PatternTest<T>[] ToArray() => [.. _tests];

    /// <summary>A condition holds; always, if there is none.</summary>
    public PatternGuard Is(PatternCondition<T>? condition) => condition is null ? PatternGuard.Always : new PatternGuard([NumberOf(condition)]);

    /// <summary>A condition does not hold. Without a condition that is never, and no edge is to be made.</summary>
    public PatternGuard IsNot(PatternCondition<T> condition) => new([-1 - NumberOf(condition)]);

    /// <summary>At least one part of a guard does not hold; null for never.</summary>
    public PatternGuard? Not(PatternGuard guard)
    {
        switch (guard.Literals)
        {
            case []:
                return null;
            case [var only]:
                return new PatternGuard([-1 - only]);
            default:
                _tests.Add(new PatternTest<T>(null, guard, guard.Literals.Any(literal => _tests[literal < 0 ? -1 - literal : literal].NeedsMatch), "a condition"));
                return new PatternGuard([-1 - (_tests.Count - 1)]);
        }
    }

    private int NumberOf(PatternCondition<T> condition)
    {
        if (!_numbers.TryGetValue(condition, out int number))
        {
            number = _tests.Count;
            _tests.Add(new PatternTest<T>(condition, null, condition.NeedsMatch, _titles[condition]));
            _numbers.Add(condition, number);
        }

        return number;
    }

    private void AddTitles(Pattern<T> pattern)
    {
        foreach (PatternStep<T> step in pattern.Steps)
        {
            if (step.Condition is not null)
            {
                _titles.TryAdd(step.Condition, $"the Where of {step.Title}");
            }

            if (step.Until is not null)
            {
                _titles.TryAdd(step.Until, $"the Until of {step.Title}");
            }

            if (step.Group is not null)
            {
                AddTitles(step.Group);
            }
        }
    }
}
