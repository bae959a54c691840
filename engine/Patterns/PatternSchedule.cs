using OrleansStream.Engine.State;

namespace OrleansStream.Engine.Patterns;

/// <summary>
/// When keys are to be looked at because the time of a partial match is over. An index over state, rebuilt on restore; an entry that the state of its key no longer names is skipped when it comes up.
/// </summary>
internal sealed class PatternSchedule<TKey, T>(KeyedTable<TKey, KeyMatches<T>> table)
{
    private const int LeastCompacted = 1024;
    private readonly PriorityQueue<(TKey Key, ulong Hash), long> _queue = new();

    /// <summary>The time of the first entry; <see cref="KeyMatches{T}.Never"/> for none.</summary>
    public long NextTime => _queue.TryPeek(out _, out long due) ? due : KeyMatches<T>.Never;

    /// <summary>Whether most entries lead nowhere: keys whose partial matches end soon leave theirs behind.</summary>
    public bool IsStale => _queue.Count > LeastCompacted && _queue.Count > 4 * table.Count;

    /// <summary>Enters the time of a key's first partial match, if the key has none entered. Partial matches begin later and later, so an entry that is there comes first.</summary>
    public void AddTimeout(in TKey key, ulong hash, KeyMatches<T> matches, long time)
    {
        if (matches.DueTime == KeyMatches<T>.Never && time != KeyMatches<T>.Never)
        {
            matches.DueTime = time;
            _queue.Enqueue((key, hash), time);
        }
    }

    /// <summary>Enters the watermark that is firing, for a key with a step whose time was over before it.</summary>
    public void AddPrevious(in TKey key, ulong hash, KeyMatches<T> matches, long time)
    {
        if (matches.DuePrevious == KeyMatches<T>.Never)
        {
            matches.DuePrevious = time;
            _queue.Enqueue((key, hash), time);
        }
    }

    /// <summary>Takes out the first entries that are due at or before a time.</summary>
    /// <returns>How many; fewer than fit only if there are no more.</returns>
    public int Take(long upTo, Span<TKey> keys, Span<ulong> hashes, Span<long> dues)
    {
        int count = 0;
        while (count < keys.Length && _queue.TryPeek(out (TKey Key, ulong Hash) first, out long due) && due <= upTo)
        {
            (keys[count], hashes[count]) = first;
            dues[count++] = due;
            _queue.Dequeue();
        }

        return count;
    }

    /// <summary>Puts back entries that were taken out.</summary>
    public void PutBack(ReadOnlySpan<TKey> keys, ReadOnlySpan<ulong> hashes, ReadOnlySpan<long> dues)
    {
        for (int i = 0; i < keys.Length; i++)
        {
            _queue.Enqueue((keys[i], hashes[i]), dues[i]);
        }
    }

    /// <summary>What the key of an entry has; nothing if its state does not name the entry any more.</summary>
    public bool TryGet(in TKey key, ulong hash, long due, out KeyMatches<T> matches) =>
        table.TryGet(in key, hash, out matches!) && (matches.DueTime == due || matches.DuePrevious == due);

    /// <summary>Enters all keys anew.</summary>
    public void Rebuild(Func<KeyMatches<T>, long> timeoutOf)
    {
        _queue.Clear();
        for (TableCursor<TKey, KeyMatches<T>> cursor = table.OpenCursor(); cursor.MoveNext();)
        {
            KeyMatches<T> matches = cursor.ValueForWrite();
            long due = Math.Min(matches.DueTime, timeoutOf(matches));
            matches.DueTime = KeyMatches<T>.Never;
            AddTimeout(cursor.Key, cursor.Hash, matches, due);
            long previous = matches.DuePrevious;
            if (previous != KeyMatches<T>.Never)
            {
                matches.DuePrevious = KeyMatches<T>.Never;
                AddPrevious(cursor.Key, cursor.Hash, matches, previous);
            }
        }
    }
}
