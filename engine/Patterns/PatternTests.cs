namespace OrleansStream.Engine.Patterns;

/// <summary>Answers whether guards hold for the event and partial match that are being looked at. Each condition of the author's is asked at most once per event, or per event and partial match if it looks back.</summary>
internal sealed class PatternTests<T>
{
    private readonly PatternTest<T>[] _tests;
    private readonly PartialMatchView<T> _view;
    private readonly long[] _asked;
    private readonly bool[] _answers;
    private T _value = default!;
    private long _event;
    private long _look;
    private PatternTest<T>? _asking;

    public PatternTests(PatternGraph<T> graph)
    {
        _tests = graph.Conditions;
        _view = new PartialMatchView<T>(graph.Steps);
        _asked = new long[_tests.Length];
        _answers = new bool[_tests.Length];
    }

    /// <summary>Which of the author's conditions did not come back; null for none.</summary>
    public string? Asking => _asking?.Title;

    /// <summary>Begins with an event.</summary>
    public void Begin(in T value)
    {
        _value = value;
        _event = ++_look;
    }

    /// <summary>Begins with a partial match, by its last node; -1 for none.</summary>
    public void Look(KeyMatches<T> key, int node)
    {
        _look++;
        _view.Show(key, node);
    }

    /// <summary>Drops references to the event.</summary>
    public void End() => _value = default!;

    public bool Holds(PatternGuard guard)
    {
        foreach (int literal in guard.Literals)
        {
            if (literal >= 0 ? !Holds(literal) : Holds(-1 - literal))
            {
                return false;
            }
        }

        return true;
    }

    private bool Holds(int number)
    {
        PatternTest<T> test = _tests[number];
        // Numbers of looks follow that of the event, so that either kind of answer is known by one number.
        if (_asked[number] >= (test.NeedsMatch ? _look : _event))
        {
            return _answers[number];
        }

        bool answer = test.Condition is null ? Holds(test.Guard!) : Ask(test, test.Condition);
        _asked[number] = _look;
        _answers[number] = answer;
        return answer;
    }

    private bool Ask(PatternTest<T> test, PatternCondition<T> condition)
    {
        _asking = test;
        bool answer = condition.Holds(in _value, _view);
        _asking = null;
        return answer;
    }
}
