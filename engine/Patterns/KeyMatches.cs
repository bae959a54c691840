using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;

namespace OrleansStream.Engine.Patterns;

/// <summary>
/// The partial matches of a key. A partial match refers to the node of its last event, a node to the one before it, and both to events that are stored once: partial matches that began alike share all they
/// have in common. Of each there is room for a few in the object itself, which so is a few neighbouring cache lines, and in arrays for more. Slots that are used no more form a chain of free ones.
/// </summary>
internal sealed class KeyMatches<T>
{
    /// <summary>No time.</summary>
    public const long Never = long.MaxValue;

    // For how many there is room without an array.
    private const int FewNodeSlots = 8;
    private const int FewEventSlots = 6;
    private const int Loose = 64;
    private MatchNode[]? _moreNodes;
    private MatchEvent<T>[]? _moreEvents;

    /// <summary>Matches that are complete but may yet be dropped, since partial ones that began earlier live; null before the first one.</summary>
    public HeldMatches? Held;

    /// <summary>How many slots of <see cref="Nodes"/> and <see cref="Events"/> were ever used, and the first free one of those, -1 for none.</summary>
    public int NodeCount;
    public int EventCount;
    public int FreeNode = -1;
    public int FreeEvent = -1;

    /// <summary>How many nodes there are.</summary>
    public int LiveNodes;

    /// <summary>The number of the next event that is looked at.</summary>
    public long Sequence;

    /// <summary>The entry in the schedule for the time of a partial match that is over then; <see cref="Never"/> for none.</summary>
    public long DueTime = Never;

    /// <summary>The entry in the schedule for a step whose time was over before the watermark that is firing; <see cref="Never"/> for none.</summary>
    public long DuePrevious = Never;

    /// <summary>The partial matches, among them the one without an event, in which each event may begin a match; none before the first event.</summary>
    public RunHeap Runs;
    private FewNodes _fewNodes;
    private FewEvents _fewEvents;

    public Span<MatchNode> Nodes
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => _moreNodes is null ? _fewNodes : _moreNodes;
    }

    public Span<MatchEvent<T>> Events
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => _moreEvents is null ? _fewEvents : _moreEvents;
    }

    /// <summary>Whether nothing is under way.</summary>
    public bool IsEmpty => (Runs.Count == 0 || (Runs.Count == 1 && Runs.AsSpan()[0].IsStart)) && Held is not { Runs.Count: > 0 };

    /// <summary>Whether there is more than there is room for in the object, or was.</summary>
    public bool IsLarge => _moreNodes is not null || _moreEvents is not null || Runs.IsLarge;

    /// <summary>Makes the object, which is empty, that of another key.</summary>
    public void Reset()
    {
        Runs.Clear();
        Held = null;
        _moreNodes = null;
        _moreEvents = null;
        NodeCount = EventCount = LiveNodes = 0;
        FreeNode = FreeEvent = -1;
        Sequence = 0;
        DueTime = DuePrevious = Never;
    }

    /// <summary>The same partial matches, for a snapshot that has this one. Events are shared: they never change.</summary>
    public KeyMatches<T> Copy()
    {
        KeyMatches<T> copy = (KeyMatches<T>)MemberwiseClone();
        copy.Held = Held is null ? null : new HeldMatches { Runs = Held.Runs.Copy() };
        copy.Runs = Runs.Copy();
        copy._moreNodes = (MatchNode[]?)_moreNodes?.Clone();
        copy._moreEvents = (MatchEvent<T>[]?)_moreEvents?.Clone();
        return copy;
    }

    /// <summary>Takes over nodes and events, with the free slots among them.</summary>
    public void Load(ReadOnlySpan<MatchNode> nodes, ReadOnlySpan<MatchEvent<T>> events)
    {
        _moreNodes = nodes.Length > FewNodeSlots ? nodes.ToArray() : null;
        _moreEvents = events.Length > FewEventSlots ? events.ToArray() : null;
        nodes.CopyTo(Nodes);
        events.CopyTo(Events);
        NodeCount = nodes.Length;
        EventCount = events.Length;
    }

    public void GrowNodes()
    {
        MatchNode[] more = new MatchNode[2 * NodeCount];
        Nodes.CopyTo(more);
        _moreNodes = more;
    }

    public void GrowEvents()
    {
        MatchEvent<T>[] more = new MatchEvent<T>[2 * EventCount];
        Events.CopyTo(more);
        Events.Clear();
        _moreEvents = more;
    }

    /// <summary>Gives up arrays that are hardly used. Not in the middle of an event: nodes and events get other places.</summary>
    public void Shrink()
    {
        Runs.Shrink();
        int slots = Math.Max(_moreNodes?.Length ?? 0, _moreEvents?.Length ?? 0);
        if (slots > 0 && (LiveNodes <= FewEventSlots / 2 || (slots > Loose && slots > 4 * LiveNodes)))
        {
            Compact();
        }
    }

    /// <summary>Brings the object into the cache; a hint, on which nothing depends.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public unsafe void Prefetch()
    {
        if (Sse.IsSupported)
        {
            byte* start = (byte*)Unsafe.AsPointer(ref _moreNodes);
            Sse.Prefetch0(start);
            Sse.Prefetch0(start + 64);
            Sse.Prefetch0(start + 128);
            Sse.Prefetch0(start + 192);
            Sse.Prefetch0(start + 256);
            Sse.Prefetch0(start + 320);
            Sse.Prefetch0(start + 384);
            Sse.Prefetch0(start + 448);
        }
    }

    private void Compact()
    {
        Span<MatchEvent<T>> events = Events[..EventCount];
        Span<MatchNode> nodes = Nodes[..NodeCount];
        int[] eventPlaces = new int[events.Length];
        List<MatchEvent<T>> keptEvents = [];
        for (int i = 0; i < events.Length; i++)
        {
            if (events[i].Uses > 0)
            {
                eventPlaces[i] = keptEvents.Count;
                keptEvents.Add(events[i]);
            }
        }

        int[] nodePlaces = new int[nodes.Length];
        int kept = 0;
        for (int i = 0; i < nodes.Length; i++)
        {
            nodePlaces[i] = nodes[i].Uses > 0 ? kept++ : -1;
        }

        MatchNode[] keptNodes = new MatchNode[kept];
        for (int i = 0; i < nodes.Length; i++)
        {
            if (nodePlaces[i] >= 0)
            {
                MatchNode node = nodes[i];
                keptNodes[nodePlaces[i]] = node with { Event = eventPlaces[node.Event], Previous = node.Previous < 0 ? -1 : nodePlaces[node.Previous] };
            }
        }

        Runs.MoveNodes(nodePlaces);
        Held?.Runs.MoveNodes(nodePlaces);
        events.Clear();
        Load(keptNodes, CollectionsMarshal.AsSpan(keptEvents));
        FreeNode = FreeEvent = -1;
    }

    [InlineArray(FewNodeSlots)]
    private struct FewNodes
    {
        private MatchNode _first;
    }

    [InlineArray(FewEventSlots)]
    private struct FewEvents
    {
        private MatchEvent<T> _first;
    }
}

/// <summary>Complete matches that wait.</summary>
internal sealed class HeldMatches
{
    public RunHeap Runs;
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
/// <param name="Uses">How many nodes and partial matches refer to it; 0 of a free slot.</param>
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
