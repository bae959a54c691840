using OrleansStream.Engine.State;

namespace OrleansStream.Engine.Patterns;

/// <summary>
/// When keys are to be looked at: when the watermark passes their first waiting event, and when the time of a partial match is over. An index over state, rebuilt on restore; an entry that the
/// state of its key no longer names is skipped when it comes up.
/// </summary>
internal sealed class PatternSchedule<TKey, T>(KeyedTable<TKey, KeyMatches<T>> table)
{
    private const int LeastCompacted = 1024;
    private readonly PriorityQueue<(TKey Key, ulong Hash), long> _queue = new();

    /// <summary>The time of the first entry; <see cref="KeyMatches{T}.Never"/> for none.</summary>
    public long NextTime => _queue.TryPeek(out _, out long due) ? due : KeyMatches<T>.Never;

    public void AddEvent(in TKey key, ulong hash, KeyMatches<T> matches, long time)
    {
        if (time < matches.DueEvent)
        {
            matches.DueEvent = time;
            Add(in key, hash, time);
        }
    }

    public void AddTimeout(in TKey key, ulong hash, KeyMatches<T> matches, long time)
    {
        // Partial matches begin later and later, so an entry that is there comes first.
        if (matches.DueTime == KeyMatches<T>.Never && time != KeyMatches<T>.Never)
        {
            matches.DueTime = time;
            Add(in key, hash, time);
        }
    }

    /// <summary>The first key that is due at or before a time. It stays the first until <see cref="RemoveFirst"/>.</summary>
    public bool TryPeek(long upTo, out TKey key, out ulong hash, out KeyMatches<T> matches)
    {
        while (_queue.TryPeek(out (TKey Key, ulong Hash) first, out long due) && due <= upTo)
        {
            if (table.TryGet(in first.Key, first.Hash, out KeyMatches<T>? found) && (found.DueEvent == due || found.DueTime == due))
            {
                (key, hash, matches) = (first.Key, first.Hash, found);
                return true;
            }

            _queue.Dequeue();
        }

        (key, hash, matches) = (default!, 0, null!);
        return false;
    }

    public void RemoveFirst() => _queue.Dequeue();

    /// <summary>Enters all keys anew.</summary>
    public void Rebuild(Func<KeyMatches<T>, long> timeoutOf)
    {
        _queue.Clear();
        for (TableCursor<TKey, KeyMatches<T>> cursor = table.OpenCursor(); cursor.MoveNext();)
        {
            KeyMatches<T> matches = cursor.ValueForWrite();
            matches.DueEvent = KeyMatches<T>.Never;
            if (matches.Waiting.Count > 0)
            {
                AddEvent(cursor.Key, cursor.Hash, matches, matches.Waiting[0].Timestamp);
            }

            long due = Math.Min(matches.DueTime, timeoutOf(matches));
            matches.DueTime = KeyMatches<T>.Never;
            AddTimeout(cursor.Key, cursor.Hash, matches, due);
        }
    }

    /// <summary>Whether most entries lead nowhere: keys whose partial matches end soon leave theirs behind.</summary>
    public bool IsStale => _queue.Count > LeastCompacted && _queue.Count > 4 * table.Count;

    private void Add(in TKey key, ulong hash, long time) => _queue.Enqueue((key, hash), time);
}
