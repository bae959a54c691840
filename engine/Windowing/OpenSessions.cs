using System.Runtime.CompilerServices;
using OrleansStream.Engine.State;
using OrleansStream.Keys;

namespace OrleansStream.Engine.Windowing;

/// <summary>What all open sessions have in common.</summary>
internal static class OpenSessions
{
    /// <summary>No session; no time either.</summary>
    public const long None = long.MinValue;
}

/// <summary>
/// The sessions that have not fired: of each key the youngest in one table, the others, numbered in order of time, in another. Those of a key never touch. The others stand in the schedule under their ends, so
/// that the one that is due is always the first, however many a source that runs ahead of the watermark leaves behind. A youngest one that has fired keeps its slot for the key's next one, until there are more such
/// slots than others.
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
    private readonly SessionSchedule<TKey> _schedule;
    private long _firedSlots;
    private int _firedSinceSweep;
    private ulong _sweepAt;

    public OpenSessions(KeyedState<TKey> state, SessionSchedule<TKey> schedule)
    {
        _schedule = schedule;
        Youngest = state.Table<Session<TAcc>>("sessions", static session => session.HasFired);
        _others = state.Table<int, Session<TAcc>>("earlier-sessions");
        _hasher = state.Hasher;
    }

    /// <summary>The youngest session by key, which may have fired.</summary>
    public KeyedTable<TKey, Session<TAcc>> Youngest { get; }

    /// <summary>After a restore.</summary>
    public void ScheduleAll()
    {
        for (TableCursor<TKey, Session<TAcc>> cursor = Youngest.OpenCursor(); cursor.MoveNext();)
        {
            _schedule.Add(cursor.Key, cursor.Hash, cursor.Value.Due);
        }

        for (TableCursor<KeyAnd<TKey, int>, Session<TAcc>> cursor = _others.OpenCursor(); cursor.MoveNext();)
        {
            _schedule.Add(cursor.Key.Key, _hasher.Hash(cursor.Key.Key), cursor.Value.Due);
        }
    }

    /// <summary>Makes room for a session that begins after the youngest; that one's number of others is right afterwards.</summary>
    public void PushAside(in TKey key, ulong hash, ref Session<TAcc> youngest)
    {
        AddOther(in key, hash, unchecked(youngest.FirstOther + youngest.Others), in youngest);
        youngest.Others++;
    }

    /// <summary>A slot whose session has fired has got a new one.</summary>
    public void SlotTaken() => _firedSlots--;

    /// <summary>Moves the entry of a session in the schedule to its present end.</summary>
    /// <param name="place">Where the key most likely lies.</param>
    /// <param name="key">The key.</param>
    /// <param name="hash">Its hash.</param>
    /// <param name="due">The end that it stands under.</param>
    /// <returns>The present end, or <see cref="OpenSessions.None"/> if no session stands under the given one any more: sessions that merged leave entries behind.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public long Renew(in Place place, in TKey key, ulong hash, long due)
    {
        ref Session<TAcc> youngest = ref Youngest.FindForWrite(in place, in key, hash);
        if (!Unsafe.IsNullRef(ref youngest) && youngest.Due == due)
        {
            return youngest.Due = youngest.End;
        }

        return RenewOther(in key, hash, due, ref youngest);
    }

    /// <summary>Takes out the session that ends, and stands in the schedule, at a time.</summary>
    /// <returns>False if there is none.</returns>
    public bool TryFire(in TKey key, ulong hash, long end, out Session<TAcc> fired)
    {
        ref Session<TAcc> youngest = ref Youngest.FindForWrite(in key, hash);
        if (Unsafe.IsNullRef(ref youngest))
        {
            fired = default;
            return false;
        }

        if (youngest.Due == end)
        {
            if (youngest.Others > 0)
            {
                throw new InvariantViolatedException($"The youngest session of a key ends at {end}, before {youngest.Others} others.");
            }

            fired = youngest;
            youngest.MarkFired();
            _firedSlots++;
            _firedSinceSweep++;
            return true;
        }

        if (!TryFindFirstOther(in key, hash, in youngest, out fired) || fired.Due != end)
        {
            return false;
        }

        _others.Remove(new KeyAnd<TKey, int>(key, youngest.FirstOther), HashOf(hash, youngest.FirstOther));
        youngest.FirstOther = unchecked(youngest.FirstOther + 1);
        youngest.Others--;
        return true;
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
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private long RenewOther(in TKey key, ulong hash, long due, ref Session<TAcc> youngest)
    {
        if (Unsafe.IsNullRef(ref youngest))
        {
            return OpenSessions.None;
        }

        for (int i = 0; i < youngest.Others; i++)
        {
            int number = unchecked(youngest.FirstOther + i);
            long there = _others.FindForWrite(new KeyAnd<TKey, int>(key, number), HashOf(hash, number)).Due;
            if (there >= due)
            {
                return there == due ? due : OpenSessions.None;
            }
        }

        return OpenSessions.None;
    }

    private bool TryFindFirstOther(in TKey key, ulong hash, in Session<TAcc> youngest, out Session<TAcc> first)
    {
        if (youngest.Others > 0)
        {
            first = _others.FindForWrite(new KeyAnd<TKey, int>(key, youngest.FirstOther), HashOf(hash, youngest.FirstOther));
            return true;
        }

        first = default;
        return false;
    }

    private void AddOther(in TKey key, ulong hash, int number, in Session<TAcc> session)
    {
        ref Session<TAcc> other = ref _others.GetOrAdd(new KeyAnd<TKey, int>(key, number), HashOf(hash, number), out _);
        other = session;
        if (other.Due != other.End)
        {
            // It will hardly grow any more. What stands in the schedule for it leads to nothing.
            other.Due = other.End;
            _schedule.Add(in key, hash, other.Due);
        }
    }

    private static ulong HashOf(ulong hash, int number) => NamespaceHasher<TKey, int>.Mix(hash, s_numbers.Hash(in number));

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
