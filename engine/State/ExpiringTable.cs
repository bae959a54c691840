using System.Runtime.CompilerServices;

namespace OrleansStream.Engine.State;

/// <summary>A table whose entries end some time. Every few accesses a segment of it is looked through for such ones, so that also those go that nobody asks for.</summary>
internal sealed class ExpiringTable<TEntry, TValue>(KeyedTable<TEntry, TValue> table, Expiry expiry, Func<TValue, long, bool> isOver)
{
    private const int AccessesPerSegment = 128;
    private readonly List<(TEntry Entry, ulong Hash)> _over = [];
    private int _accesses;
    private ulong _position;

    public KeyedTable<TEntry, TValue> Table => table;

    public Expiry Expiry => expiry;

    /// <summary>Begins an access: says the time, and at times cleans up.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public long Begin()
    {
        long now = expiry.NowMs;
        if (++_accesses >= AccessesPerSegment)
        {
            CleanUp(now);
        }

        return now;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void CleanUp(long now)
    {
        _accesses = 0;
        if (!expiry.CleansUp)
        {
            return;
        }

        Finder finder = new(_over, isOver, now);
        table.Sweep(ref _position, ref finder);
        foreach ((TEntry entry, ulong hash) in _over)
        {
            table.Remove(in entry, hash);
        }

        _over.Clear();
    }

    private struct Finder(List<(TEntry Entry, ulong Hash)> over, Func<TValue, long, bool> isOver, long now) : IEntryVisitor<TEntry, TValue>
    {
        public readonly void Visit(in TEntry key, ulong hash, in TValue value)
        {
            if (isOver(value, now))
            {
                over.Add((key, hash));
            }
        }
    }
}
