using System.Runtime.CompilerServices;
using OrleansStream.Engine.State;
using OrleansStream.Keys;

namespace OrleansStream.Engine.Windowing;

/// <summary>
/// The sessions that have not ended: of each key the youngest and the one before it in one table, the others, numbered in order of time, in another. Those of a key never touch, so that the one that ends first is
/// always the one with the least number, however many a source that runs ahead of the watermark leaves behind. A key whose youngest one has fired keeps its slot for the next one, until there are more such slots than others.
/// </summary>
internal sealed class OpenSessions<TKey, TAcc>
{
    // So many sessions fire for each segment that is looked through.
    private const int FiredPerSegment = 128;

    private static readonly KeyHasher<int> s_numbers = KeyHasher.For<int>();
    private readonly KeyedTable<KeyAnd<TKey, int>, Session<TAcc>> _others;
    private readonly KeyHasher<TKey> _hasher;
    private readonly List<Session<TAcc>> _taken = [];
    private readonly List<(KeyAnd<TKey, int> Entry, ulong Hash)> _endedOthers = [];
    private readonly List<(TKey Key, ulong Hash)> _fired = [];
    private long _firedSlots;
    private int _firedSinceSweep;
    private ulong _sweepAt;

    public OpenSessions(KeyedState<TKey> state)
    {
        KeySessionsSerializer<TAcc> serializer = new(state.Serializers.Get<StoredSessions<TAcc>>(), state.Serializers.Get<TAcc>());
        Keys = state.Table<KeySessions<TAcc>>("sessions", static sessions => sessions.HasFired, serializer);
        _others = state.Table<int, Session<TAcc>>("earlier-sessions");
        _hasher = state.Hasher;
        Keys.AddDueAll();
        _others.AddDueAll();
    }

    /// <summary>The sessions by key; the youngest one may have fired.</summary>
    public KeyedTable<TKey, KeySessions<TAcc>> Keys { get; }

    /// <summary>Makes the youngest session the one before a new one, which the caller puts into its place.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void PushAside(in TKey key, ulong hash, ref KeySessions<TAcc> sessions)
    {
        if (!sessions.Before.IsNone)
        {
            AddOther(in key, hash, unchecked(sessions.FirstOther + sessions.Others), in sessions.Before);
            sessions.Others++;
        }

        sessions.Before = sessions.Youngest;
    }

    /// <summary>A slot whose session has fired has got a new one.</summary>
    public void SlotTaken() => _firedSlots--;

    /// <summary>Takes out the sessions that a watermark ends, in no order.</summary>
    public void TakeEnded(long watermark, EndedSessions<TKey, TAcc> ended)
    {
        KeyVisitor keys = new(ended);
        Keys.TakeDue(watermark, ref keys);
        _firedSlots += keys.Fired;
        _firedSinceSweep += keys.Fired;
        OtherVisitor others = new(ended, _endedOthers);
        _others.TakeDue(watermark, ref others);
        foreach ((KeyAnd<TKey, int> entry, ulong hash) in _endedOthers)
        {
            _others.Remove(in entry, hash);
            ref KeySessions<TAcc> sessions = ref Find(entry.Key, _hasher.Hash(entry.Key));
            sessions.FirstOther = unchecked(sessions.FirstOther + 1);
            sessions.Others--;
        }

        _endedOthers.Clear();
    }

    /// <summary>Puts those back that have not fired, and empties the list.</summary>
    public void PutBack(EndedSessions<TKey, TAcc> ended)
    {
        // From the youngest to the oldest: each is older than what its key has by then.
        for (int i = ended.Count - 1; i >= ended.At; i--)
        {
            TKey key = ended[i].Key;
            ulong hash = _hasher.Hash(in key);
            ref KeySessions<TAcc> sessions = ref Find(in key, hash);
            if (sessions.HasFired)
            {
                sessions.Youngest = ended[i].Session;
                _firedSlots--;
            }
            else if (sessions.Before.IsNone)
            {
                sessions.Before = ended[i].Session;
            }
            else
            {
                sessions.FirstOther = unchecked(sessions.FirstOther - 1);
                sessions.Others++;
                AddOther(in key, hash, sessions.FirstOther, in ended[i].Session);
                continue;
            }

            Keys.AddDue(hash, ref sessions, sessions.Due);
        }

        ended.Clear();
    }

    /// <summary>Gives up slots whose sessions have fired, if there are more of them than others; a few segments at a time.</summary>
    public void CleanUp()
    {
        int segments = 1 + (_firedSinceSweep / FiredPerSegment);
        _firedSinceSweep = 0;
        for (; segments > 0 && 2 * _firedSlots > Keys.Count; segments--)
        {
            Finder finder = new(_fired);
            Keys.Sweep(ref _sweepAt, ref finder);
            foreach ((TKey key, ulong hash) in _fired)
            {
                Keys.Remove(in key, hash);
            }

            _firedSlots -= _fired.Count;
            _fired.Clear();
        }
    }

    /// <summary>Takes out all sessions of a key, the earliest first; the list is valid until the next call.</summary>
    public List<Session<TAcc>> Take(in TKey key, ulong hash)
    {
        _taken.Clear();
        KeySessions<TAcc> sessions = Find(in key, hash);
        for (int i = 0; i < sessions.Others; i++)
        {
            int number = unchecked(sessions.FirstOther + i);
            KeyAnd<TKey, int> entry = new(key, number);
            ulong entryHash = HashOf(hash, number);
            _taken.Add(_others.FindForWrite(in entry, entryHash));
            _others.Remove(in entry, entryHash);
        }

        if (!sessions.Before.IsNone)
        {
            _taken.Add(sessions.Before);
        }

        _taken.Add(sessions.Youngest);
        return _taken;
    }

    /// <summary>Puts the sessions of a key back, at least one, the earliest first.</summary>
    public void Put(in TKey key, ulong hash, List<Session<TAcc>> sessions)
    {
        int others = Math.Max(0, sessions.Count - 2);
        for (int i = 0; i < others; i++)
        {
            AddOther(in key, hash, i, sessions[i]);
        }

        ref KeySessions<TAcc> slot = ref Find(in key, hash);
        slot.Youngest = sessions[^1];
        slot.Others = others;
        slot.FirstOther = 0;
        if (sessions.Count > 1)
        {
            slot.Before = sessions[^2];
        }
        else
        {
            slot.Before.SetNone();
        }

        Keys.AddDue(hash, ref slot, slot.Due);
    }

    private ref KeySessions<TAcc> Find(in TKey key, ulong hash)
    {
        ref KeySessions<TAcc> sessions = ref Keys.FindForWrite(in key, hash);
        if (Unsafe.IsNullRef(ref sessions))
        {
            throw new InvariantViolatedException("A key with sessions is not in the table of sessions.");
        }

        return ref sessions;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void AddOther(in TKey key, ulong hash, int number, in Session<TAcc> session)
    {
        ulong entryHash = HashOf(hash, number);
        ref Session<TAcc> other = ref _others.GetOrAdd(new KeyAnd<TKey, int>(key, number), entryHash, out _);
        other = session;
        _others.AddDue(entryHash, ref other, other.Last);
    }

    private static ulong HashOf(ulong hash, int number) => NamespaceHasher<TKey, int>.Mix(hash, s_numbers.Hash(in number));

    private struct KeyVisitor(EndedSessions<TKey, TAcc> ended) : IDueVisitor<TKey, KeySessions<TAcc>>
    {
        /// <summary>How many slots have no session any more.</summary>
        public int Fired;

        // Two of each key.
        public readonly void Begin(int entries) => ended.Reserve(2 * entries);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public readonly long DueOf(in KeySessions<TAcc> sessions) => sessions.Due;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public long Take(in TKey key, ulong hash, ref KeySessions<TAcc> sessions, long watermark)
        {
            if (!sessions.Before.IsNone)
            {
                ended.Add(in key, in sessions.Before);
                sessions.Before.SetNone();
                if (sessions.Youngest.Last > watermark)
                {
                    return sessions.Youngest.Last;
                }
            }

            ended.Add(in key, in sessions.Youngest);
            sessions.Youngest.SetNone();
            Fired++;
            return long.MaxValue;
        }
    }

    private readonly struct OtherVisitor(EndedSessions<TKey, TAcc> ended, List<(KeyAnd<TKey, int> Entry, ulong Hash)> entries)
        : IDueVisitor<KeyAnd<TKey, int>, Session<TAcc>>
    {
        public void Begin(int entries) => ended.Reserve(entries);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public long DueOf(in Session<TAcc> session) => session.Last;

        // The caller removes it.
        public long Take(in KeyAnd<TKey, int> entry, ulong hash, ref Session<TAcc> session, long watermark)
        {
            ended.Add(entry.Key, in session);
            entries.Add((entry, hash));
            return long.MaxValue;
        }
    }

    private readonly struct Finder(List<(TKey Key, ulong Hash)> fired) : IEntryVisitor<TKey, KeySessions<TAcc>>
    {
        public void Visit(in TKey key, ulong hash, in KeySessions<TAcc> sessions)
        {
            if (sessions.HasFired)
            {
                fired.Add((key, hash));
            }
        }
    }
}
