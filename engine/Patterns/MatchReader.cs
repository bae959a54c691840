namespace OrleansStream.Engine.Patterns;

/// <summary>Makes records of matches.</summary>
internal sealed class MatchReader<T>(string[] steps)
{
    private readonly int[] _counts = new int[steps.Length];
    private readonly List<int> _path = [];

    /// <summary>The events of a match, by its last node.</summary>
    public PatternMatch<T> Read(KeyMatches<T> key, int last)
    {
        _path.Clear();
        Array.Clear(_counts);
        int distinct = 0;
        for (int node = last; node >= 0; node = key.Nodes[node].Previous)
        {
            _path.Add(node);
            distinct += _counts[key.Nodes[node].Step]++ == 0 ? 1 : 0;
        }

        MatchedStep<T>[] matched = new MatchedStep<T>[distinct];
        int made = 0;
        for (int i = _path.Count - 1; i >= 0; i--)
        {
            int step = key.Nodes[_path[i]].Step;
            if (_counts[step] == 0)
            {
                continue;
            }

            T[] events = new T[_counts[step]];
            int at = 0;
            for (int j = i; at < events.Length; j--)
            {
                MatchNode node = key.Nodes[_path[j]];
                if (node.Step == step)
                {
                    events[at++] = key.Events[node.Event].Value;
                }
            }

            _counts[step] = 0;
            matched[made++] = new MatchedStep<T>(steps[step], events);
        }

        return new PatternMatch<T>(matched);
    }
}
