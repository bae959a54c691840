using System.Runtime.CompilerServices;
using OrleansStream.Engine.State;
using OrleansStream.Keys;

namespace OrleansStream.Engine.Windowing;

/// <summary>The sessions that have not ended: of each key the youngest in one table, the others numbered from 0 in another. Those of a key never touch.</summary>
internal sealed class OpenSessions<TKey, TAcc>
{
    /// <summary>No session; no time either.</summary>
    public const long None = long.MinValue;

    private static readonly KeyHasher<int> s_numbers = KeyHasher.For<int>();
    private readonly KeyedTable<KeyAnd<TKey, int>, Session<TAcc>> _others;
    private readonly KeyHasher<TKey> _hasher;
    private readonly List<Session<TAcc>> _taken = [];
    private KeyAnd<TKey, int> _sought;

    public OpenSessions(KeyedState<TKey> state)
    {
        Youngest = state.Table<Session<TAcc>>("sessions");
        _others = state.Table<int, Session<TAcc>>("earlier-sessions");
        _hasher = state.Hasher;
    }

    /// <summary>The youngest session by key.</summary>
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

    /// <summary>Moves the entry of a session in the schedule to its present end.</summary>
    /// <returns>That end, or <see cref="None"/> if no session stands under the given one any more.</returns>
    public long Renew(in TKey key, ulong hash, long due)
    {
        ref Session<TAcc> session = ref Find(in key, hash, due, out _);
        if (Unsafe.IsNullRef(ref session))
        {
            return None;
        }

        session.Due = session.End;
        return session.End;
    }

    /// <summary>Takes out the session that stands under an end.</summary>
    /// <returns>False if there is none: sessions that merged leave entries behind in the schedule.</returns>
    public bool TryRemove(in TKey key, ulong hash, long due, out Session<TAcc> removed)
    {
        ref Session<TAcc> found = ref Find(in key, hash, due, out int number);
        if (Unsafe.IsNullRef(ref found))
        {
            removed = default;
            return false;
        }

        removed = found;
        ref Session<TAcc> youngest = ref Youngest.FindForWrite(in key, hash);
        int last = youngest.Others - 1;
        if (number < 0)
        {
            if (last >= 0)
            {
                throw new InvariantViolatedException($"The youngest session of a key ends at {due}, before {last + 1} others.");
            }

            Youngest.Remove(in key, hash);
            return true;
        }

        youngest.Others = last;
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

    private ref Session<TAcc> Find(in TKey key, ulong hash, long due, out int number)
    {
        number = -1;
        ref Session<TAcc> youngest = ref Youngest.FindForWrite(in key, hash);
        if (Unsafe.IsNullRef(ref youngest) || youngest.Due == due)
        {
            return ref youngest;
        }

        for (int i = 0; i < youngest.Others; i++)
        {
            _sought = new KeyAnd<TKey, int>(key, i);
            ref Session<TAcc> other = ref _others.FindForWrite(in _sought, HashOf(hash, i));
            if (other.Due == due)
            {
                number = i;
                return ref other;
            }
        }

        return ref Unsafe.NullRef<Session<TAcc>>();
    }

    private static ulong HashOf(ulong hash, int number) => NamespaceHasher<TKey, int>.Mix(hash, s_numbers.Hash(in number));
}
