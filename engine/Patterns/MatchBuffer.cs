namespace OrleansStream.Engine.Patterns;

/// <summary>Adds, holds and releases the nodes and events of a key. Used on the subtask's thread.</summary>
internal static class MatchBuffer
{
    /// <summary>Stores an event that no node refers to yet.</summary>
    public static int AddEvent<T>(KeyMatches<T> key, in T value, long sequence)
    {
        int at = key.FreeEvent;
        if (at >= 0)
        {
            key.FreeEvent = -2 - key.Events[at].Uses;
        }
        else
        {
            at = key.EventCount;
            if (at == key.Events.Length)
            {
                key.GrowEvents();
            }

            key.EventCount = at + 1;
        }

        ref MatchEvent<T> added = ref key.Events[at];
        added.Value = value;
        added.Sequence = sequence;
        added.Uses = 0;
        return at;
    }

    /// <summary>Frees an event that no node refers to.</summary>
    public static void FreeIfUnused<T>(KeyMatches<T> key, int at)
    {
        ref MatchEvent<T> freed = ref key.Events[at];
        if (freed.Uses == 0)
        {
            freed.Value = default!;
            freed.Uses = -2 - key.FreeEvent;
            key.FreeEvent = at;
        }
    }

    /// <summary>Puts an event behind a node, -1 for none; nobody holds the new node yet.</summary>
    public static int AddNode<T>(KeyMatches<T> key, int eventAt, int step, int previous)
    {
        key.Events[eventAt].Uses++;
        Hold(key, previous);
        int at = key.FreeNode;
        if (at >= 0)
        {
            key.FreeNode = key.Nodes[at].Previous;
        }
        else
        {
            at = key.NodeCount;
            if (at == key.Nodes.Length)
            {
                key.GrowNodes();
            }

            key.NodeCount = at + 1;
        }

        key.Nodes[at] = new MatchNode(eventAt, step, previous, 0);
        key.LiveNodes++;
        return at;
    }

    public static void Hold<T>(KeyMatches<T> key, int node)
    {
        if (node >= 0)
        {
            key.Nodes[node].Uses++;
        }
    }

    /// <summary>Lets go of a node; what nobody holds any more is freed, with what only it held.</summary>
    public static void Release<T>(KeyMatches<T> key, int node)
    {
        Span<MatchNode> nodes = key.Nodes;
        while (node >= 0 && --nodes[node].Uses == 0)
        {
            ref MatchNode freed = ref nodes[node];
            (int eventAt, int previous) = (freed.Event, freed.Previous);
            freed = new MatchNode(-1, -1, key.FreeNode, 0);
            key.FreeNode = node;
            key.LiveNodes--;
            key.Events[eventAt].Uses--;
            FreeIfUnused(key, eventAt);
            node = previous;
        }
    }
}
