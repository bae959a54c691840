namespace OrleansStream.Engine.Sources;

/// <summary>
/// The source subtasks of an attempt on this node that are kept together in event time, and how far those on other nodes have come. Each writes its own time and reads all, now and then; nobody owns the group.
/// Any thread.
/// </summary>
internal sealed class SourceAlignment(string name)
{
    /// <summary>The time of one that nobody waits for: it is idle, has ended, or has no watermark yet.</summary>
    public const long NotCounted = long.MaxValue;

    private AlignedSource[] _members = [];
    private long _elsewhere = NotCounted;
    private int _waiting;

    public string Name => name;

    /// <summary>The least time that a source on another node has reached, as far as this one knows.</summary>
    public long Elsewhere
    {
        get => Volatile.Read(ref _elsewhere);
        set
        {
            Volatile.Write(ref _elsewhere, value);
            WakeWaiting();
        }
    }

    /// <summary>Adds a source subtask.</summary>
    /// <param name="owner">What is woken when it need not wait any more; null for nothing.</param>
    /// <param name="source">For messages: its name and subtask.</param>
    /// <param name="maxDriftMs">How far ahead it may be.</param>
    public AlignedSource Join(Runnable? owner, string source, long maxDriftMs)
    {
        AlignedSource joined = new(this, owner, source, maxDriftMs);
        while (true)
        {
            AlignedSource[] members = Volatile.Read(ref _members);
            if (Interlocked.CompareExchange(ref _members, [.. members, joined], members) == members)
            {
                return joined;
            }
        }
    }

    /// <summary>The least time of all, <see cref="NotCounted"/> if none counts.</summary>
    public long Least()
    {
        long least = Elsewhere;
        foreach (AlignedSource member in Volatile.Read(ref _members))
        {
            least = Math.Min(least, member.TimeMs);
        }

        return least;
    }

    /// <summary>Whom the others wait for, in words.</summary>
    public string DescribeSlowest()
    {
        AlignedSource? slowest = Volatile.Read(ref _members).MinBy(m => m.TimeMs);
        return slowest is null || slowest.TimeMs > Elsewhere ? "a source on another node" : slowest.Source;
    }

    public void CountWaiting(int change) => Interlocked.Add(ref _waiting, change);

    /// <summary>A time has changed: wakes those that need not wait any more.</summary>
    public void WakeWaiting()
    {
        // Who is about to wait says so first and looks at the times again; whoever changes one does it the other way round.
        Interlocked.MemoryBarrier();
        if (Volatile.Read(ref _waiting) == 0)
        {
            return;
        }

        long least = Least();
        foreach (AlignedSource member in Volatile.Read(ref _members))
        {
            member.WakeIfWithin(least);
        }
    }
}
