namespace OrleansStream.Engine.Tests.Patterns;

/// <summary>Random patterns, as the operator and as the model take them.</summary>
internal static class RandomPatterns
{
    public static (IReadOnlyList<NaiveStep> Steps, long? Within, Pattern<Step> Pattern) Make(Random random)
    {
        List<NaiveStep> steps = [];
        int count = 1 + random.Next(4);
        for (int i = 0; i < count; i++)
        {
            steps.Add(Element(random, i, steps));
        }

        long? within = random.Next(2) == 0 ? 2 + random.Next(12) : null;
        NaiveStep last = steps[^1];
        if (random.Next(4) == 0 && !last.IsOptional && !last.IsRepeated)
        {
            char letter = Letter(random);
            PatternLink link = within is not null && random.Next(2) == 0 ? PatternLink.NotFollowedBy : PatternLink.NotNext;
            steps.Add(new NaiveStep(link, "end", (e, _) => e.Letter == letter));
        }

        return (steps, within, Build(steps, within));
    }

    public static Step[] Events(Random random, int count)
    {
        Step[] events = new Step[count];
        long time = random.Next(5) - 2;
        for (int i = 0; i < count; i++)
        {
            events[i] = new Step("k", i, Letter(random), random.Next(6), time);
            time += random.Next(4);
        }

        return events;
    }

    private static NaiveStep Element(Random random, int at, List<NaiveStep> before)
    {
        char letter = Letter(random);
        int kind = random.Next(6);
        int bound = random.Next(4, 14);
        Func<Step, IReadOnlyList<Step>, bool> fits = kind switch
        {
            0 => (_, _) => true,
            1 => (e, own) => e.Letter == letter && own.Sum(o => o.Number) + e.Number < bound,
            2 => (e, _) => e.Letter <= letter,
            _ => (e, _) => e.Letter == letter,
        };
        NaiveStep? previous = before.LastOrDefault();
        if (at > 0 && previous is { IsNot: false, IsOptional: false, IsRepeated: false } && random.Next(5) == 0)
        {
            char forbidden = Letter(random);
            before.Add(new NaiveStep(random.Next(2) == 0 ? PatternLink.NotNext : PatternLink.NotFollowedBy, "not" + at, (e, _) => e.Letter == forbidden));
            return new NaiveStep((PatternLink)random.Next(1, 4), "s" + at, (e, _) => e.Letter == letter);
        }

        NaiveStep step = new(at == 0 ? PatternLink.Begin : (PatternLink)random.Next(1, 4), "s" + at, fits);
        if (random.Next(2) == 0)
        {
            int least = random.Next(1, 3);
            step = step with { IsRepeated = true, Least = least, Most = random.Next(2) == 0 ? null : least + random.Next(3), Repetition = (PatternRepetition)random.Next(3) };
            if (step.Most is null && random.Next(3) == 0)
            {
                char until = Letter(random);
                step = step with { Until = e => e.Letter == until };
            }
            else if (step.Repetition != PatternRepetition.Combinations && kind > 1 && random.Next(3) == 0)
            {
                step = step with { IsGreedy = true };
            }
        }

        return previous is { IsGreedy: true } ? step : step with { IsOptional = random.Next(4) == 0 };
    }

    private static char Letter(Random random) => (char)('a' + random.Next(3));

    private static Pattern<Step> Build(List<NaiveStep> steps, long? within)
    {
        Pattern<Step> pattern = null!;
        foreach (NaiveStep step in steps)
        {
            pattern = step.Link switch
            {
                PatternLink.Begin => Pattern.Begin<Step>(step.Name),
                PatternLink.Next => pattern.Next(step.Name),
                PatternLink.FollowedBy => pattern.FollowedBy(step.Name),
                PatternLink.FollowedByAny => pattern.FollowedByAny(step.Name),
                PatternLink.NotNext => pattern.NotNext(step.Name),
                _ => pattern.NotFollowedBy(step.Name),
            };
            pattern = pattern.Where((e, match) => step.Fits(e, match[step.Name]));
            if (step.IsRepeated)
            {
                pattern = step.Most is { } most ? pattern.Times(step.Least, most) : pattern.TimesOrMore(step.Least);
                pattern = step.Repetition switch
                {
                    PatternRepetition.Consecutive => pattern.Consecutive(),
                    PatternRepetition.Combinations => pattern.AllowCombinations(),
                    _ => pattern,
                };
            }

            pattern = step.IsGreedy ? pattern.Greedy() : pattern;
            pattern = step.IsOptional ? pattern.Optional() : pattern;
            pattern = step.Until is { } until ? pattern.Until(until) : pattern;
        }

        return within is { } ms ? pattern.Within(TimeSpan.FromMilliseconds(ms)) : pattern;
    }
}
