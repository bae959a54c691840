namespace OrleansStream;

/// <summary>Refuses patterns that can never match, never end, or say what has no meaning, when the graph is built.</summary>
internal static class PatternRules
{
    public static void Check<T>(Pattern<T> pattern, AfterMatch afterMatch)
    {
        if (pattern.WithinMs is <= 0)
        {
            throw new JobDefinitionException($"The pattern has Within({pattern.WithinMs} ms), in which no event fits. Give a time above zero.");
        }

        Dictionary<string, bool> names = new(StringComparer.Ordinal);
        CheckSteps(pattern, pattern.WithinMs, names, isWhole: true);
        if (afterMatch.Step is { } target && (!names.TryGetValue(target, out bool isNot) || isNot))
        {
            throw new JobDefinitionException(
                $"{afterMatch} names no step that has events. The pattern's steps are {string.Join(", ", names.Where(n => !n.Value).Select(n => $"'{n.Key}'"))}.");
        }
    }

    /// <summary>Whether partial matches may stay for ever.</summary>
    public static bool IsUnbounded<T>(Pattern<T> pattern) => pattern.WithinMs is null && (pattern.Steps.Count > 1 || pattern.Steps[0].IsRepeated || pattern.Steps[0].Group is not null);

    private static void CheckSteps<T>(Pattern<T> pattern, long? withinMs, Dictionary<string, bool> names, bool isWhole)
    {
        PatternStep<T>? before = null;
        for (int i = 0; i < pattern.Steps.Count; i++)
        {
            PatternStep<T> step = pattern.Steps[i];
            bool isLast = i == pattern.Steps.Count - 1;
            if (step.Group is { } group)
            {
                CheckGroup(step);
                CheckSteps(group, withinMs, names, isWhole: false);
            }
            else if (!names.TryAdd(step.Name, step.IsNot))
            {
                throw new JobDefinitionException($"The pattern has two steps '{step.Name}'. Give each its own name.");
            }

            if (step.IsNot)
            {
                CheckNot(step, before, isLast, isWhole, withinMs);
            }

            CheckRepetitions(step, before);
            CheckTime(step, withinMs);
            before = step;
        }
    }

    private static void CheckNot<T>(PatternStep<T> step, PatternStep<T>? before, bool isLast, bool isWhole, long? withinMs)
    {
        if (step.Condition is null)
        {
            throw new JobDefinitionException($"The pattern can never match: {step.Link} '{step.Name}' has no Where, so every event refuses it. Say what must not come.");
        }

        if (step.IsRepeated || step.IsOptional || step.IsGreedy || step.Until is not null)
        {
            throw new JobDefinitionException($"{step.Link} '{step.Name}' says what must not come, which cannot be repeated, greedy or optional. Leave that out.");
        }

        if (before is { IsOptional: true })
        {
            throw new JobDefinitionException(
                $"{step.Link} '{step.Name}' comes after {before.Title}, which is optional: what must not follow it is not defined when it is left out. Make two patterns, or make it not optional.");
        }

        if (step.Link == PatternLink.NotFollowedBy && isLast && (!isWhole || withinMs is null))
        {
            throw new JobDefinitionException(
                isWhole
                    ? $"The pattern never ends: NotFollowedBy '{step.Name}' is its last step, and without Within it waits for ever. Give the pattern a Within."
                    : $"NotFollowedBy '{step.Name}' is the last step of a group. Put it behind the group.");
        }
    }

    private static void CheckGroup<T>(PatternStep<T> step)
    {
        if (step.Condition is not null)
        {
            throw new JobDefinitionException($"{step.Title} has a Where. Conditions belong to its steps.");
        }

        if (step.IsGreedy)
        {
            throw new JobDefinitionException($"{step.Title} is greedy, which only a single step can be. Make the steps in it greedy.");
        }

        if (step.WithinPreviousMs is not null)
        {
            throw new JobDefinitionException($"{step.Title} has WithinPrevious. Give it to one of its steps.");
        }

        if (step.IsEndless && CanBeEmpty(step.Group!))
        {
            throw new JobDefinitionException($"The pattern never ends: {step.Title} is repeated and all of its steps are optional, so it may come endlessly with no event at all. Make one of its steps not optional.");
        }
    }

    private static bool CanBeEmpty<T>(Pattern<T> pattern) =>
        pattern.Steps.All(step => step.IsNot || step.IsOptional || (step.Group is { } group && CanBeEmpty(group)));

    private static void CheckRepetitions<T>(PatternStep<T> step, PatternStep<T>? before)
    {
        if (step.Repetition != PatternRepetition.Relaxed && !step.IsRepeated)
        {
            throw new JobDefinitionException($"{step.Title} is {step.Repetition} but comes once. Say how often it comes, with Times or OneOrMore.");
        }

        if (step.Until is not null && !step.IsEndless)
        {
            throw new JobDefinitionException($"{step.Title} has Until, which ends endless repetitions, and it has none. Use OneOrMore or TimesOrMore.");
        }

        if (step.IsGreedy && step.Repetition == PatternRepetition.Combinations)
        {
            throw new JobDefinitionException($"{step.Title} is greedy and allows combinations, which contradict each other: greedy takes every event that fits. Choose one.");
        }

        if (step.IsGreedy && !step.IsRepeated)
        {
            throw new JobDefinitionException($"{step.Title} is greedy but comes once. Say how often it comes, with Times or OneOrMore.");
        }

        if (step.IsOptional && before is { IsGreedy: true })
        {
            throw new JobDefinitionException($"{step.Title} is optional and comes after {before.Title}, which is greedy: where the one ends and the other begins is not defined. Make one of them neither.");
        }
    }

    private static void CheckTime<T>(PatternStep<T> step, long? withinMs)
    {
        if (step.WithinPreviousMs is not { } ms)
        {
            return;
        }

        if (ms <= 0)
        {
            throw new JobDefinitionException($"{step.Title} has WithinPrevious({ms} ms), in which no event fits. Give a time above zero.");
        }

        if (ms > withinMs)
        {
            throw new JobDefinitionException($"{step.Title} has WithinPrevious({ms} ms), more than the Within({withinMs} ms) of the whole pattern. Give a shorter time.");
        }
    }
}
