namespace OrleansStream.Engine.Patterns;

/// <summary>What a condition sees of the partial match that is being looked at. Filled when it is first asked, emptied for the next partial match.</summary>
internal sealed class PartialMatchView<T> : PartialMatch<T>
{
    private readonly string[] _steps;
    private readonly List<T>[] _events;
    private KeyMatches<T> _key = null!;
    private int _node;
    private bool _isFilled;

    public PartialMatchView(string[] steps)
    {
        _steps = steps;
        _events = [.. steps.Select(_ => new List<T>())];
    }

    public override IReadOnlyList<T> this[string step]
    {
        get
        {
            int at = Array.IndexOf(_steps, step);
            if (at < 0)
            {
                throw new ArgumentException($"The pattern has no step '{step}'. Its steps are {string.Join(", ", _steps.Select(s => $"'{s}'"))}.", nameof(step));
            }

            Fill();
            return _events[at];
        }
    }

    public void Show(KeyMatches<T> key, int node)
    {
        if (_isFilled)
        {
            foreach (List<T> events in _events)
            {
                events.Clear();
            }

            _isFilled = false;
        }

        _key = key;
        _node = node;
    }

    private void Fill()
    {
        if (_isFilled)
        {
            return;
        }

        for (int node = _node; node >= 0; node = _key.Nodes[node].Previous)
        {
            _events[_key.Nodes[node].Step].Add(_key.Events[_key.Nodes[node].Event].Value);
        }

        foreach (List<T> events in _events)
        {
            events.Reverse();
        }

        _isFilled = true;
    }
}
