namespace OrleansStream.Engine.Patterns;

/// <summary>Says which partial matches a match drops.</summary>
internal sealed class MatchSkipping
{
    private readonly AfterMatch _afterMatch;
    private readonly int _step;

    public MatchSkipping(AfterMatch afterMatch, string[] steps)
    {
        _afterMatch = afterMatch;
        _step = afterMatch.Step is { } step ? Array.IndexOf(steps, step) : -1;
    }

    public bool IsNone => _afterMatch.Kind == AfterMatchKind.NoSkip;

    /// <summary>The number of the event before which a partial match must have begun to be dropped.</summary>
    /// <returns>False if none is dropped.</returns>
    public bool TryGetBound<T>(KeyMatches<T> key, int node, long first, out long bound)
    {
        bound = 0;
        switch (_afterMatch.Kind)
        {
            case AfterMatchKind.NoSkip:
                return false;
            case AfterMatchKind.SkipToNext:
                bound = first + 1;
                return true;
            case AfterMatchKind.SkipPastLast:
                bound = key.Events[key.Nodes[node].Event].Sequence + 1;
                return true;
        }

        bool isFound = false;
        for (int at = node; at >= 0 && !(isFound && _afterMatch.Kind == AfterMatchKind.SkipToLast); at = key.Nodes[at].Previous)
        {
            if (key.Nodes[at].Step == _step)
            {
                bound = key.Events[key.Nodes[at].Event].Sequence;
                isFound = true;
            }
        }

        if (_afterMatch.ThrowsOnMiss && (!isFound || bound == first))
        {
            throw new JobDefinitionException(
                isFound
                    ? $"A match cannot skip to step '{_afterMatch.Step}', with which it begins: nothing would be skipped. Leave out ThrowOnMiss, or skip elsewhere."
                    : $"A match cannot skip to step '{_afterMatch.Step}', of which it has no event. Leave out ThrowOnMiss, or skip elsewhere.");
        }

        return isFound;
    }
}
