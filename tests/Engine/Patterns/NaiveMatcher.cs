namespace OrleansStream.Engine.Tests.Patterns;

/// <summary>An event of the tests.</summary>
public sealed record Step(string Key, long Id, char Letter, int Number, long Time);

/// <summary>A step of a random pattern.</summary>
internal sealed record NaiveStep(PatternLink Link, string Name, Func<Step, IReadOnlyList<Step>, bool> Fits)
{
    public int Least { get; init; } = 1;

    public int? Most { get; init; } = 1;

    public bool IsRepeated { get; init; }

    public PatternRepetition Repetition { get; init; }

    public bool IsOptional { get; init; }

    public bool IsGreedy { get; init; }

    public Func<Step, bool>? Until { get; init; }

    public bool IsNot => Link is PatternLink.NotNext or PatternLink.NotFollowedBy;
}

/// <summary>Says what matches by what the words mean: all choices of events are tried, from every event on. A condition that looks back sees the events of its own step.</summary>
internal sealed class NaiveMatcher(IReadOnlyList<NaiveStep> steps, long? within, IReadOnlyList<Step> events)
{
    private readonly List<string> _found = [];
    private readonly List<(string Name, int At)> _taken = [];

    public IReadOnlyList<string> Run()
    {
        for (int from = 0; from < events.Count; from++)
        {
            Enter(0, -1, from, []);
        }

        return _found;
    }

    public static string Text(IEnumerable<(string Name, long Id)> taken) =>
        string.Join("; ", taken.GroupBy(t => t.Name).Select(g => $"{g.Key}: {string.Join(' ', g.Select(t => t.Id))}"));

    // Comes to a step after the event at "last"; before any event only the one at "from" may be taken.
    private void Enter(int at, int last, int from, List<NaiveStep> nots)
    {
        if (at == steps.Count)
        {
            if (_taken.Count > 0 && Absent(nots, last))
            {
                _found.Add(Text(_taken.Select(t => (t.Name, events[t.At].Id))));
            }

            return;
        }

        NaiveStep step = steps[at];
        if (step.IsNot)
        {
            Enter(at + 1, last, from, [.. nots, step]);
            return;
        }

        if (step.IsOptional)
        {
            Enter(at + 1, last, from, nots);
        }

        // What a greedy step could take goes to no other, also if it is left out; greed has no meaning where the number of repetitions is given.
        NaiveStep? greedy = at > 0 && steps[at - 1].IsGreedy && steps[at - 1].Least != steps[at - 1].Most ? steps[at - 1] : null;
        foreach (int chosen in last < 0 ? Only(step, from) : Choices(step, step.Link, last))
        {
            if (Refuses(nots, last, chosen) || (greedy is not null && Between(last < 0 ? chosen - 1 : last, chosen).Any(e => greedy.Fits(e, Of(greedy)))))
            {
                continue;
            }

            // An event that is both forbidden before the step and the step itself completes a match, as in Flink, but none goes on from it.
            Take(at, step, chosen, 1, nots.Exists(not => not.Link == PatternLink.NotFollowedBy && not.Fits(events[chosen], [])));
        }
    }

    private void Take(int at, NaiveStep step, int chosen, int count, bool mustEnd)
    {
        if (within is { } ms && events[chosen].Time - events[_taken.Count == 0 ? chosen : _taken[0].At].Time >= ms)
        {
            return;
        }

        _taken.Add((step.Name, chosen));
        if (mustEnd)
        {
            if (count >= step.Least && steps.Skip(at + 1).All(left => left.IsOptional))
            {
                Enter(steps.Count, chosen, -1, []);
            }

            _taken.RemoveAt(_taken.Count - 1);
            return;
        }

        if (count >= step.Least)
        {
            Enter(at + 1, chosen, -1, []);
        }

        if (step.Most is null || count < step.Most)
        {
            foreach (int next in Repetitions(step, chosen))
            {
                Take(at, step, next, count + 1, false);
            }
        }

        _taken.RemoveAt(_taken.Count - 1);
    }

    private IReadOnlyList<Step> Of(NaiveStep step) => [.. _taken.Where(t => t.Name == step.Name).Select(t => events[t.At])];

    private IEnumerable<Step> Between(int last, int through) => events.Skip(last + 1).Take(through - last);

    private IEnumerable<int> Only(NaiveStep step, int at) => step.Fits(events[at], []) && step.Until?.Invoke(events[at]) != true ? [at] : [];

    private IEnumerable<int> Choices(NaiveStep step, PatternLink link, int last)
    {
        IReadOnlyList<Step> before = Of(step);
        for (int i = last + 1; i < events.Count; i++)
        {
            bool fits = step.Fits(events[i], before);
            if (fits && step.Until?.Invoke(events[i]) != true)
            {
                yield return i;
            }

            if (link == PatternLink.Next || (link == PatternLink.FollowedBy && fits))
            {
                yield break;
            }
        }
    }

    private IEnumerable<int> Repetitions(NaiveStep step, int last)
    {
        IReadOnlyList<Step> before = Of(step);
        for (int i = last + 1; i < events.Count; i++)
        {
            if (step.Until?.Invoke(events[i]) == true)
            {
                yield break;
            }

            bool fits = step.Fits(events[i], before);
            if (fits)
            {
                yield return i;
            }

            if (step.Repetition == PatternRepetition.Consecutive || (step.Repetition == PatternRepetition.Relaxed && fits))
            {
                yield break;
            }
        }
    }

    private bool Refuses(List<NaiveStep> nots, int last, int chosen) => nots.Exists(not =>
        not.Link == PatternLink.NotNext ? not.Fits(events[last + 1], []) : Between(last, chosen - 1).Any(e => not.Fits(e, [])));

    // At the end of the pattern.
    private bool Absent(List<NaiveStep> nots, int last) => nots.TrueForAll(not =>
        not.Link == PatternLink.NotNext
            ? last + 1 < events.Count && !not.Fits(events[last + 1], []) && (within is null || events[last + 1].Time - events[_taken[0].At].Time < within)
            : !events.Skip(last + 1).Any(e => e.Time - events[_taken[0].At].Time < within && not.Fits(e, [])));
}
