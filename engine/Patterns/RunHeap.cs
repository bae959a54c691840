using System.Runtime.InteropServices;

namespace OrleansStream.Engine.Patterns;

/// <summary>
/// Partial matches as a binary heap by the number of their first event. The order of those that began with the same event is that of the heap's array, as in Flink: where several are complete with one
/// event, it decides which comes first, and so which ones skipping drops.
/// </summary>
internal static class RunHeap
{
    public static void Add(List<MatchRun> heap, in MatchRun run)
    {
        heap.Add(run);
        Span<MatchRun> all = CollectionsMarshal.AsSpan(heap);
        int at = all.Length - 1;
        while (at > 0)
        {
            int parent = (at - 1) >> 1;
            if (run.First >= all[parent].First)
            {
                break;
            }

            all[at] = all[parent];
            at = parent;
        }

        all[at] = run;
    }

    public static MatchRun RemoveFirst(List<MatchRun> heap)
    {
        MatchRun first = heap[0];
        MatchRun last = heap[^1];
        heap.RemoveAt(heap.Count - 1);
        if (heap.Count > 0)
        {
            SiftDown(CollectionsMarshal.AsSpan(heap), 0, in last);
        }

        return first;
    }

    /// <summary>Makes a heap again of one from which entries were taken out.</summary>
    public static void Restore(List<MatchRun> heap)
    {
        Span<MatchRun> all = CollectionsMarshal.AsSpan(heap);
        for (int at = (all.Length >> 1) - 1; at >= 0; at--)
        {
            MatchRun run = all[at];
            SiftDown(all, at, in run);
        }
    }

    private static void SiftDown(Span<MatchRun> all, int at, in MatchRun run)
    {
        int half = all.Length >> 1;
        while (at < half)
        {
            int child = (2 * at) + 1;
            if (child + 1 < all.Length && all[child].First > all[child + 1].First)
            {
                child++;
            }

            if (run.First <= all[child].First)
            {
                break;
            }

            all[at] = all[child];
            at = child;
        }

        all[at] = run;
    }
}
