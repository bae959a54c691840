using System.Runtime.InteropServices;

namespace OrleansStream.Engine.Patterns;

/// <summary>Adds, holds and releases the nodes and events of a key. Used on the subtask's thread.</summary>
internal static class MatchBuffer
{
    /// <summary>Stores an event that no node refers to yet.</summary>
    public static int AddEvent<T>(KeyMatches<T> key, in T value, long sequence)
    {
        MatchEvent<T> added = new(value, sequence, 0);
        if (key.FreeEvent < 0)
        {
            key.Events.Add(added);
            return key.Events.Count - 1;
        }

        int at = key.FreeEvent;
        key.FreeEvent = -2 - key.Events[at].Uses;
        key.Events[at] = added;
        return at;
    }

    /// <summary>Frees an event that no node refers to.</summary>
    public static void FreeIfUnused<T>(KeyMatches<T> key, int at)
    {
        if (key.Events[at].Uses == 0)
        {
            key.Events[at] = new MatchEvent<T>(default!, 0, -2 - key.FreeEvent);
            key.FreeEvent = at;
        }
    }

    /// <summary>Puts an event behind a node, -1 for none; nobody holds the new node yet.</summary>
    public static int AddNode<T>(KeyMatches<T> key, int eventAt, int step, int previous)
    {
        CollectionsMarshal.AsSpan(key.Events)[eventAt].Uses++;
        Hold(key, previous);
        MatchNode added = new(eventAt, step, previous, 0);
        if (key.FreeNode < 0)
        {
            key.Nodes.Add(added);
            return key.Nodes.Count - 1;
        }

        int at = key.FreeNode;
        key.FreeNode = key.Nodes[at].Previous;
        key.Nodes[at] = added;
        return at;
    }

    public static void Hold<T>(KeyMatches<T> key, int node)
    {
        if (node >= 0)
        {
            CollectionsMarshal.AsSpan(key.Nodes)[node].Uses++;
        }
    }

    /// <summary>Lets go of a node; what nobody holds any more is freed, with what only it held.</summary>
    public static void Release<T>(KeyMatches<T> key, int node)
    {
        Span<MatchNode> nodes = CollectionsMarshal.AsSpan(key.Nodes);
        while (node >= 0 && --nodes[node].Uses == 0)
        {
            MatchNode freed = nodes[node];
            nodes[node] = new MatchNode(-1, -1, key.FreeNode, 0);
            key.FreeNode = node;
            CollectionsMarshal.AsSpan(key.Events)[freed.Event].Uses--;
            FreeIfUnused(key, freed.Event);
            node = freed.Previous;
        }
    }
}
