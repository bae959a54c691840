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
/// The sessions that have not fired: of each key the youngest in one table, the others numbered from 0 in another. Those of a key never touch. A youngest one that has fired keeps its slot for the key's next one,
/// until there are more such slots than others.
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
    private KeyAnd<TKey, int> _sought;
    private long _firedSlots;
    private int _firedSinceSweep;
    private ulong _sweepAt;

    public OpenSessions(KeyedState<TKey> state)
    {
        Youngest = state.Table<Session<TAcc>>("sessions", static session => session.HasFired);
        _others = state.Table<int, Session<TAcc>>("earlier-sessions");
        _hasher = state.Hasher;
    }

    /// <summary>The youngest session by key, which may have fired.</summary>
    public KeyedTable<TKey, Session<TAcc>> Youngest { get; }

    /// <summary>After a restore.</summary>
    public void ScheduleAll(SessionSchedule<TKey> schedule)
    {
        for (TableCursor<TKey, Session<TAcc>> cursor = Youngest.OpenCursor(); cursor.MoveNext();)
        {
            schedule.Add(cursor.Key, cursor.Hash, cursor.Value.Due);
        }

        for (TableCursor<KeyAnd<TKey, int>, Session<TAcc>> cursor = _others.OpenCursor(); cursor.MoveNext();)
        {
            schedule.Add(cursor.Key.Key, _hasher.Hash(cursor.Key.Key), cursor.Value.Due);
        }
    }

    /// <summary>Makes room for a session that begins after the youngest; that one's number of others is right afterwards.</summary>
    public void PushAside(in TKey key, ulong hash, ref Session<TAcc> youngest)
    {
        int number = youngest.Others;
        _others.GetOrAdd(new KeyAnd<TKey, int>(key, number), HashOf(hash, number), out _) = youngest;
        youngest.Others = number + 1;
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

        int number = FindOther(in key, hash, end, youngest.Others, out fired);
        if (number < 0)
        {
            return false;
        }

        int last = --youngest.Others;
        KeyAnd<TKey, int> entry = new(key, last);
        ulong entryHash = HashOf(hash, last);
        if (number != last)
        {
            Session<TAcc> moved = _others.FindForWrite(in entry, entryHash);
            _others.GetOrAdd(new KeyAnd<TKey, int>(key, number), HashOf(hash, number), out _) = moved;
        }

        _others.Remove(in entry, entryHash);
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
            KeyAnd<TKey, int> entry = new(key, i);
            ulong entryHash = HashOf(hash, i);
            _taken.Add(_others.FindForWrite(in entry, entryHash));
            _others.Remove(in entry, entryHash);
        }

        _taken.Sort(static (a, b) => a.Start.CompareTo(b.Start));
        _taken.Add(youngest);
        return _taken;
    }

    /// <summary>Puts the sessions of a key back, at least one, the earliest first.</summary>
    public void Put(in TKey key, ulong hash, List<Session<TAcc>> sessions)
    {
        int others = sessions.Count - 1;
        for (int i = 0; i < others; i++)
        {
            _others.GetOrAdd(new KeyAnd<TKey, int>(key, i), HashOf(hash, i), out _) = sessions[i];
        }

        ref Session<TAcc> youngest = ref Youngest.GetOrAdd(in key, hash, out _);
        youngest = sessions[others];
        youngest.Others = others;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private long RenewOther(in TKey key, ulong hash, long due, ref Session<TAcc> youngest)
    {
        if (Unsafe.IsNullRef(ref youngest))
        {
            return OpenSessions.None;
        }

        int number = FindOther(in key, hash, due, youngest.Others, out Session<TAcc> other);
        if (number < 0)
        {
            return OpenSessions.None;
        }

        if (other.End != due)
        {
            _others.FindForWrite(in _sought, HashOf(hash, number)).Due = other.End;
        }

        return other.End;
    }

    /// <summary>Looks for the older session of a key that stands in the schedule under an end.</summary>
    /// <returns>Its number, or -1. (Its entry is then the one that was sought last.)</returns>
    private int FindOther(in TKey key, ulong hash, long due, int others, out Session<TAcc> found)
    {
        // The last one is the most likely: mostly it is the only one.
        for (int i = others - 1; i >= 0; i--)
        {
            _sought = new KeyAnd<TKey, int>(key, i);
            ref Session<TAcc> other = ref _others.FindForWrite(in _sought, HashOf(hash, i));
            if (other.Due == due)
            {
                found = other;
                return i;
            }
        }

        found = default;
        return -1;
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
