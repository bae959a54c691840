using OrleansStream.Engine.State;
using OrleansStream.Engine.Windowing;

namespace OrleansStream.Engine.Patterns;

/// <summary>
/// When keys are to be looked at: when the watermark passes their first waiting event, and when the time of a partial match is over. The first comes with every event, and so is kept in buckets of a millisecond, whose keys
/// are looked up many at a time; the other comes now and then. An index over state, rebuilt on restore; an entry that the state of its key no longer names is skipped when it comes up.
/// </summary>
internal sealed class PatternSchedule<TKey, T>(KeyedTable<TKey, KeyMatches<T>> table)
{
    private const int LeastCompacted = 1024;
    private readonly SessionSchedule<TKey> _events = new(1);
    private readonly PriorityQueue<(TKey Key, ulong Hash), long> _timeouts = new();

    /// <summary>The time of the first partial match whose time is over; <see cref="KeyMatches{T}.Never"/> for none.</summary>
    public long NextTimeout => _timeouts.TryPeek(out _, out long due) ? due : KeyMatches<T>.Never;

    public void AddEvent(in TKey key, ulong hash, KeyMatches<T> matches, long time)
    {
        if (time < matches.DueEvent)
        {
            matches.DueEvent = time;
            _events.Add(in key, hash, BehindOf(time));
        }
    }

    public void AddTimeout(in TKey key, ulong hash, KeyMatches<T> matches, long time)
    {
        // Partial matches begin later and later, so an entry that is there comes first.
        if (matches.DueTime == KeyMatches<T>.Never && time != KeyMatches<T>.Never)
        {
            matches.DueTime = time;
            _timeouts.Enqueue((key, hash), time);
        }
    }

    /// <summary>The keys with the first waiting events, all of one time, if the watermark has passed them. They stay the first until <see cref="RemoveEvents"/>; entries may lead nowhere.</summary>
    public bool TryPeekEvents(long upTo, out SessionSchedule<TKey>.Bucket bucket) => _events.TryPeek(upTo, out _, out bucket);

    public void RemoveEvents() => _events.RemoveFirst();

    /// <summary>The first key with a partial match whose time is over at or before a time. It stays the first until <see cref="RemoveTimeout"/>.</summary>
    public bool TryPeekTimeout(long upTo, out TKey key, out ulong hash, out KeyMatches<T> matches)
    {
        while (_timeouts.TryPeek(out (TKey Key, ulong Hash) first, out long due) && due <= upTo)
        {
            if (table.TryGet(in first.Key, first.Hash, out KeyMatches<T>? found) && found.DueTime == due)
            {
                (key, hash, matches) = (first.Key, first.Hash, found);
                return true;
            }

            _timeouts.Dequeue();
        }

        (key, hash, matches) = (default!, 0, null!);
        return false;
    }

    public void RemoveTimeout() => _timeouts.Dequeue();

    /// <summary>Enters all keys of a restored table.</summary>
    public void AddAll(Func<KeyMatches<T>, long> timeoutOf)
    {
        for (TableCursor<TKey, KeyMatches<T>> cursor = table.OpenCursor(); cursor.MoveNext();)
        {
            KeyMatches<T> matches = cursor.ValueForWrite();
            matches.DueEvent = KeyMatches<T>.Never;
            if (matches.Waiting.Count > 0)
            {
                AddEvent(cursor.Key, cursor.Hash, matches, matches.Waiting[0].Timestamp);
            }
        }

        RebuildTimeouts(timeoutOf);
    }

    /// <summary>Enters the times of all keys anew.</summary>
    public void RebuildTimeouts(Func<KeyMatches<T>, long> timeoutOf)
    {
        _timeouts.Clear();
        for (TableCursor<TKey, KeyMatches<T>> cursor = table.OpenCursor(); cursor.MoveNext();)
        {
            KeyMatches<T> matches = cursor.ValueForWrite();
            long due = Math.Min(matches.DueTime, timeoutOf(matches));
            matches.DueTime = KeyMatches<T>.Never;
            AddTimeout(cursor.Key, cursor.Hash, matches, due);
        }
    }

    /// <summary>Whether most times lead nowhere: keys whose partial matches end soon leave theirs behind.</summary>
    public bool IsStale => _timeouts.Count > LeastCompacted && _timeouts.Count > 4 * table.Count;

    // The buckets go by ends, which are exclusive.
    private static long BehindOf(long time) => time == long.MaxValue ? time : time + 1;
}
