namespace OrleansStream.Engine.Patterns;

/// <summary>
/// What a pattern operator keeps of a key: events that wait for the watermark, and the partial matches. A partial match refers to the node of its last event, a node to the one before it, and
/// both to events that are stored once: partial matches that began alike share all they have in common. Slots that are used no more form a chain of free ones.
/// </summary>
internal sealed class KeyMatches<T>
{
    /// <summary>No time.</summary>
    public const long Never = long.MaxValue;

    /// <summary>Events that the watermark has not passed, in order of time, equal ones as they came.</summary>
    public List<TimedRecord<T>> Waiting { get; set; } = [];

    public List<MatchEvent<T>> Events { get; set; } = [];

    public List<MatchNode> Nodes { get; set; } = [];

    /// <summary>The partial matches as a <see cref="RunHeap"/>, among them the one without an event, in which each event may begin a match; none before the first event.</summary>
    public List<MatchRun> Runs { get; set; } = [];

    /// <summary>Matches that are complete but may yet be dropped, since partial ones that began earlier live.</summary>
    public List<MatchRun> Held { get; set; } = [];

    public int FreeEvent { get; set; } = -1;

    public int FreeNode { get; set; } = -1;

    /// <summary>The number of the next event that is looked at.</summary>
    public long Sequence { get; set; }

    /// <summary>The entry in the schedule for the first waiting event; <see cref="Never"/> for none.</summary>
    public long DueEvent { get; set; } = Never;

    /// <summary>The entry in the schedule for the time of a partial match that is over then; <see cref="Never"/> for none.</summary>
    public long DueTime { get; set; } = Never;

    /// <summary>Whether no match is under way.</summary>
    public bool IsIdle() => Runs.Count == 0 || (Runs.Count == 1 && Runs[0].IsStart);

    public bool IsEmpty() => Waiting.Count == 0 && IsIdle() && Held.Count == 0;

    /// <summary>Makes the object that of another key.</summary>
    public void Reset()
    {
        Events.Clear();
        Nodes.Clear();
        Runs.Clear();
        FreeEvent = FreeNode = -1;
        Sequence = 0;
        DueEvent = DueTime = Never;
    }
}

/// <summary>An event of partial matches.</summary>
/// <param name="Value">The event.</param>
/// <param name="Sequence">Its number among the events of the key.</param>
/// <param name="Uses">How many nodes refer to it; of a free slot <c>-2 -</c> the next free one.</param>
internal record struct MatchEvent<T>(T Value, long Sequence, int Uses);

/// <summary>An event in the place of a step, behind others.</summary>
/// <param name="Event">The event's slot.</param>
/// <param name="Step">The step.</param>
/// <param name="Previous">The node before it, -1 for none; of a free slot the next free one.</param>
/// <param name="Uses">How many nodes and partial matches refer to it.</param>
internal record struct MatchNode(int Event, int Step, int Previous, int Uses);

/// <summary>A partial match.</summary>
/// <param name="State">The state it is in.</param>
/// <param name="Node">Its last event; -1 for none.</param>
/// <param name="Start">The time of its first event.</param>
/// <param name="Previous">The time of its last event.</param>
/// <param name="First">The number of its first event.</param>
internal readonly record struct MatchRun(int State, int Node, long Start, long Previous, long First)
{
    /// <summary>Whether it has no event yet.</summary>
    public bool IsStart => Node < 0;

    public static MatchRun StartIn(int state) => new(state, -1, 0, 0, long.MaxValue);
}
