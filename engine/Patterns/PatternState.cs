namespace OrleansStream.Engine.Patterns;

/// <summary>What a state of a pattern's automaton is.</summary>
internal enum PatternStateKind
{
    Normal,

    /// <summary>The match is complete.</summary>
    Final,

    /// <summary>What must not come has come.</summary>
    Stop,

    /// <summary>The match is complete when its time is over.</summary>
    Pending,
}

/// <summary>What happens with the event at an edge.</summary>
internal enum PatternAction
{
    /// <summary>It becomes part of the match.</summary>
    Take,

    /// <summary>It is skipped.</summary>
    Ignore,

    /// <summary>It is looked at in the other state.</summary>
    Proceed,
}

/// <summary>A state of a pattern's automaton: where a partial match stands.</summary>
internal sealed class PatternState(int index, int step, PatternStateKind kind)
{
    /// <summary>Its number; partial matches in snapshots are stored with it.</summary>
    public int Index { get; } = index;

    /// <summary>The step whose events are taken here; negative for none.</summary>
    public int Step { get; } = step;

    public PatternStateKind Kind { get; } = kind;

    /// <summary>The time that an event may come after the one before it; 0 for any.</summary>
    public long WithinPreviousMs { get; set; }

    public List<PatternEdge> Edges { get; } = [];

    /// <summary>All that may happen with an event here: the edges that take or skip it, also behind those that only proceed, each with all that must hold on the way. There once the automaton is complete.</summary>
    public PatternEdge[] Moves { get; private set; } = [];

    /// <summary>What must hold for all that is left of the pattern to be left out, on each way to the end; none if it cannot be.</summary>
    public PatternGuard[] Endings { get; private set; } = [];

    public bool IsFinal => Kind == PatternStateKind.Final;

    public bool IsStop => Kind == PatternStateKind.Stop;

    public void Add(PatternAction action, PatternState target, PatternGuard guard) => Edges.Add(new PatternEdge(this, action, target, guard));

    /// <summary>Follows the edges that only proceed, when the automaton is complete.</summary>
    /// <param name="states">How many states it has.</param>
    public void Complete(int states)
    {
        List<PatternEdge> moves = [];
        List<PatternGuard> endings = [];
        Stack<(PatternState At, PatternGuard Guard, int Length)> ways = new();
        ways.Push((this, PatternGuard.Always, 0));
        while (ways.TryPop(out (PatternState At, PatternGuard Guard, int Length) way))
        {
            if (way.Length > states)
            {
                throw new InvariantViolatedException($"State {Index} of a pattern's automaton leads round without an event.");
            }

            foreach (PatternEdge edge in way.At.Edges)
            {
                PatternGuard guard = way.Guard.And(edge.Guard);
                if (edge.Action != PatternAction.Proceed)
                {
                    moves.Add(new PatternEdge(edge.From, edge.Action, edge.Target, guard));
                }
                else if (edge.Target.IsFinal)
                {
                    endings.Add(guard);
                }
                else
                {
                    ways.Push((edge.Target, guard, way.Length + 1));
                }
            }
        }

        (Moves, Endings) = ([.. moves], [.. endings]);
    }
}

/// <summary>A way from one state to another.</summary>
internal sealed class PatternEdge(PatternState from, PatternAction action, PatternState target, PatternGuard guard)
{
    public PatternState From { get; } = from;

    public PatternAction Action { get; } = action;

    public PatternState Target { get; } = target;

    /// <summary>What must hold. Greedy steps add to it after the edge was made.</summary>
    public PatternGuard Guard { get; set; } = guard;
}

/// <summary>Conditions that must all hold, by number; a negative number <c>-1 - n</c> means that condition <c>n</c> must not hold.</summary>
internal sealed class PatternGuard(int[] literals)
{
    public static readonly PatternGuard Always = new([]);

    public int[] Literals { get; } = literals;

    public bool IsAlways => Literals.Length == 0;

    public PatternGuard And(PatternGuard other) => new([.. Literals, .. other.Literals]);
}
