using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace OrleansStream.Engine.Patterns;

/// <summary>
/// Partial matches as a binary heap by the number of their first event. The order of those that began with the same event is that of the heap's slots, as in Flink: where several are complete with one
/// event, it decides which comes first, and so which ones skipping drops. A struct that its owner keeps in a field, with room for a few in itself and an array for more.
/// </summary>
internal struct RunHeap
{
    private const int Few = 5;
    private const int Loose = 32;
    private MatchRun[]? _more;
    private FewRuns _few;

    public int Count { get; private set; }

    /// <summary>Whether there is more than there is room for in the struct, or was.</summary>
    public readonly bool IsLarge => _more is not null;

    [UnscopedRef]
    private Span<MatchRun> Slots
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => _more is null ? _few : _more;
    }

    /// <summary>The heap, the root first.</summary>
    [UnscopedRef]
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Span<MatchRun> AsSpan() => Slots[..Count];

    public void Clear()
    {
        Count = 0;
        _more = null;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Add(in MatchRun run)
    {
        Span<MatchRun> slots = Slots;
        int at = Count;
        if (at >= slots.Length)
        {
            slots = Grow(at + 1);
        }

        Count = at + 1;
        while (at > 0)
        {
            int parent = (at - 1) >> 1;
            if (run.First >= slots[parent].First)
            {
                break;
            }

            StructCopy.Assign(ref slots[at], in slots[parent]);
            at = parent;
        }

        StructCopy.Assign(ref slots[at], in run);
    }

    public MatchRun RemoveFirst()
    {
        Span<MatchRun> slots = Slots;
        MatchRun first = slots[0];
        MatchRun last = slots[--Count];
        if (Count > 0)
        {
            SiftDown(slots[..Count], 0, in last);
        }

        return first;
    }

    /// <summary>Takes over a heap as it is.</summary>
    public void Load(ReadOnlySpan<MatchRun> heap)
    {
        Span<MatchRun> slots = Slots;
        if (heap.Length > slots.Length)
        {
            slots = Grow(heap.Length);
        }

        for (int i = 0; i < heap.Length; i++)
        {
            StructCopy.Assign(ref slots[i], in heap[i]);
        }

        Count = heap.Length;
    }

    /// <summary>Drops all; the slots stay.</summary>
    public void Empty() => Count = 0;

    /// <summary>Keeps only the first entries of the span, which are no heap yet.</summary>
    public void Restore(int kept)
    {
        Count = kept;
        Span<MatchRun> all = AsSpan();
        for (int at = (kept >> 1) - 1; at >= 0; at--)
        {
            MatchRun run = all[at];
            SiftDown(all, at, in run);
        }
    }

    /// <summary>Gives up an array that is hardly used.</summary>
    public void Shrink()
    {
        if (_more is null || (Count > Few / 2 && (_more.Length <= Loose || Count >= _more.Length / 4)))
        {
            return;
        }

        MatchRun[] all = _more;
        _more = Count <= Few / 2 ? null : new MatchRun[2 * Count];
        all.AsSpan(0, Count).CopyTo(Slots);
    }

    public void MoveNodes(ReadOnlySpan<int> places)
    {
        foreach (ref MatchRun run in AsSpan())
        {
            run = run.IsStart ? run : run with { Node = places[run.Node] };
        }
    }

    public readonly RunHeap Copy()
    {
        RunHeap copy = this;
        copy._more = (MatchRun[]?)_more?.Clone();
        return copy;
    }

    private Span<MatchRun> Grow(int count)
    {
        MatchRun[] more = new MatchRun[Math.Max(count, 2 * Slots.Length)];
        AsSpan().CopyTo(more);
        return _more = more;
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

    [InlineArray(Few)]
    private struct FewRuns
    {
        private MatchRun _first;
    }
}
