using System.Runtime.CompilerServices;
using OrleansStream.Engine.State;
using OrleansStream.Keys;

namespace OrleansStream.Engine.Windowing;

/// <summary>
/// The sessions that have not fired: of each key the youngest in one table, the others, numbered in order of time, in another. Those of a key never touch, so that the one that ends first is always the one with the
/// least number, however many a source that runs ahead of the watermark leaves behind. A youngest one that has fired keeps its slot for the key's next one, until there are more such slots than others.
/// </summary>
internal sealed class OpenSessions<TKey, TAcc>
{
    // So many sessions fire for each segment that is looked through.
    private const int FiredPerSegment = 128;

    private static readonly KeyHasher<int> s_numbers = KeyHasher.For<int>();
    private readonly KeyedTable<KeyAnd<TKey, int>, Session<TAcc>> _others;
    private readonly KeyHasher<TKey> _hasher;
    private readonly List<Session<TAcc>> _taken = [];
    private readonly List<(TKey Key, ulong Hash)> _fired = [];
    private long _firedSlots;
    private int _firedSinceSweep;
    private ulong _sweepAt;

    public OpenSessions(KeyedState<TKey> state)
    {
        Youngest = state.Table<Session<TAcc>>("sessions", static session => session.HasFired);
        _others = state.Table<int, Session<TAcc>>("earlier-sessions");
        _hasher = state.Hasher;
        Youngest.AddDueAll();
        _others.AddDueAll();
    }

    /// <summary>The youngest session by key, which may have fired.</summary>
    public KeyedTable<TKey, Session<TAcc>> Youngest { get; }

    /// <summary>Makes room for a session that begins after the youngest; that one's number of others is right afterwards.</summary>
    public void PushAside(in TKey key, ulong hash, ref Session<TAcc> youngest)
    {
        AddOther(in key, hash, unchecked(youngest.FirstOther + youngest.Others), in youngest);
        youngest.Others++;
    }

    /// <summary>A slot whose session has fired has got a new one.</summary>
    public void SlotTaken() => _firedSlots--;

    /// <summary>Finds the sessions that end at or before a time, in no order.</summary>
    public void FindEnded(long time, EndedSessions<TKey> ended)
    {
        YoungestVisitor youngest = new(ended);
        Youngest.TakeDue(time, ref youngest);
        OthersVisitor others = new(ended, _hasher);
        _others.TakeDue(time, ref others);
    }

    /// <summary>Takes out a session that has ended, the first of its key.</summary>
    /// <param name="place">Where the key most likely lies.</param>
    /// <param name="key">The key.</param>
    /// <param name="hash">Its hash.</param>
    /// <param name="end">The session's end.</param>
    public Session<TAcc> Fire(in Place place, in TKey key, ulong hash, long end)
    {
        ref Session<TAcc> youngest = ref Youngest.FindForWrite(in place, in key, hash);
        if (Unsafe.IsNullRef(ref youngest))
        {
            throw new InvariantViolatedException($"A key has no session, but one was to end at {end}.");
        }

        Session<TAcc> fired = youngest;
        if (fired.Others > 0)
        {
            KeyAnd<TKey, int> entry = new(key, fired.FirstOther);
            ulong entryHash = HashOf(hash, fired.FirstOther);
            youngest.FirstOther = unchecked(fired.FirstOther + 1);
            youngest.Others--;
            fired = _others.FindForWrite(in entry, entryHash);
            _others.Remove(in entry, entryHash);
        }
        else
        {
            youngest.MarkFired();
            _firedSlots++;
            _firedSinceSweep++;
        }

        return fired.End == end ? fired : throw new InvariantViolatedException($"The first session of a key ends at {fired.End}, not at {end}.");
    }

    /// <summary>Gives up slots whose sessions have fired, if there are more of them than others; a few segments at a time.</summary>
    public void CleanUp()
    {
        int segments = 1 + (_firedSinceSweep / FiredPerSegment);
        _firedSinceSweep = 0;
        for (; segments > 0 && 2 * _firedSlots > Youngest.Count; segments--)
        {
            Finder finder = new(_fired);
            Youngest.Sweep(ref _sweepAt, ref finder);
            foreach ((TKey key, ulong hash) in _fired)
            {
                Youngest.Remove(in key, hash);
            }

            _firedSlots -= _fired.Count;
            _fired.Clear();
        }
    }

    /// <summary>Takes out all sessions of a key, the earliest first; the list is valid until the next call.</summary>
    public List<Session<TAcc>> Take(in TKey key, ulong hash)
    {
        _taken.Clear();
        Session<TAcc> youngest = Youngest.FindForWrite(in key, hash);
        for (int i = 0; i < youngest.Others; i++)
        {
            int number = unchecked(youngest.FirstOther + i);
            KeyAnd<TKey, int> entry = new(key, number);
            ulong entryHash = HashOf(hash, number);
            _taken.Add(_others.FindForWrite(in entry, entryHash));
            _others.Remove(in entry, entryHash);
        }

        _taken.Add(youngest);
        return _taken;
    }

    /// <summary>Puts the sessions of a key back, at least one, the earliest first.</summary>
    public void Put(in TKey key, ulong hash, List<Session<TAcc>> sessions)
    {
        int others = sessions.Count - 1;
        for (int i = 0; i < others; i++)
        {
            AddOther(in key, hash, i, sessions[i]);
        }

        ref Session<TAcc> youngest = ref Youngest.GetOrAdd(in key, hash, out _);
        youngest = sessions[others];
        youngest.Others = others;
        youngest.FirstOther = 0;
        Youngest.AddDue(hash, ref youngest, youngest.End);
    }

    private void AddOther(in TKey key, ulong hash, int number, in Session<TAcc> session)
    {
        ulong entryHash = HashOf(hash, number);
        ref Session<TAcc> other = ref _others.GetOrAdd(new KeyAnd<TKey, int>(key, number), entryHash, out _);
        other = session;
        _others.AddDue(entryHash, ref other, other.End);
    }

    private static ulong HashOf(ulong hash, int number) => NamespaceHasher<TKey, int>.Mix(hash, s_numbers.Hash(in number));

    private readonly struct YoungestVisitor(EndedSessions<TKey> ended) : IDueVisitor<TKey, Session<TAcc>>
    {
        public void Begin(int entries) => ended.Reserve(entries);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public long DueOf(in Session<TAcc> session)
        {
            long ifFired = -(session.HasFired ? 1L : 0L);
            return (session.End & ~ifFired) | (long.MaxValue & ifFired);
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Take(in TKey key, ulong hash, long due) => ended.Add(in key, hash, due);
    }

    private readonly struct OthersVisitor(EndedSessions<TKey> ended, KeyHasher<TKey> hasher) : IDueVisitor<KeyAnd<TKey, int>, Session<TAcc>>
    {
        public void Begin(int entries) => ended.Reserve(entries);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public long DueOf(in Session<TAcc> session) => session.End;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Take(in KeyAnd<TKey, int> entry, ulong hash, long due)
        {
            TKey key = entry.Key;
            ended.Add(in key, hasher.Hash(in key), due);
        }
    }

    private readonly struct Finder(List<(TKey Key, ulong Hash)> fired) : IEntryVisitor<TKey, Session<TAcc>>
    {
        public void Visit(in TKey key, ulong hash, in Session<TAcc> session)
        {
            if (session.HasFired)
            {
                fired.Add((key, hash));
            }
        }
    }
}
