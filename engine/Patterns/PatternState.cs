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

    public bool IsFinal => Kind == PatternStateKind.Final;

    public bool IsStop => Kind == PatternStateKind.Stop;

    public void Add(PatternAction action, PatternState target, PatternGuard guard) => Edges.Add(new PatternEdge(this, action, target, guard));
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
