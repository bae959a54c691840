using System.Runtime.CompilerServices;

namespace OrleansStream.Engine.Patterns;

/// <summary>An event that waits for the watermark.</summary>
internal struct WaitingEvent<TKey, T>
{
    public TKey Key;
    public ulong Hash;
    public long Timestamp;
    public T Value;
}

/// <summary>
/// Waiting events in order of time, equal ones as they came: a queue in chunks. What is written stays as it is until all of its chunk was taken out, so that a snapshot shares the chunks. Used on the
/// subtask's thread.
/// </summary>
internal sealed class EventRun<TKey, T>(EventChunks<TKey, T> pool)
{
    private WaitingEvent<TKey, T>[][] _chunks = new WaitingEvent<TKey, T>[4][];
    private WaitingEvent<TKey, T>[] _last = [];
    private int _used;

    // The place of the first event in the first chunk, and the one behind the last event in the last chunk.
    private int _first;
    private int _end;

    // So many chunks, from the first one on, belong to a snapshot too.
    private int _shared;

    /// <summary>The time of the last event; the least time there is if there is none.</summary>
    public long Tail { get; private set; } = long.MinValue;

    public bool IsEmpty => _used == 0 || (_used == 1 && _first == _end);

    /// <summary>The time of the first event.</summary>
    public long Head => _chunks[0][_first].Timestamp;

    /// <summary>Adds an event, not before the last one.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Append(in TKey key, ulong hash, in T value, long timestamp)
    {
        int at = _end;
        if (at >= _last.Length)
        {
            at = Grow();
        }

        ref WaitingEvent<TKey, T> added = ref _last[at];
        added.Key = key;
        added.Hash = hash;
        added.Timestamp = timestamp;
        StructCopy.Assign(ref added.Value, in value);
        _end = at + 1;
        Tail = timestamp;
    }

    /// <summary>The first events up to a time, as many as lie together; none only if there is none up to that time.</summary>
    public ReadOnlySpan<WaitingEvent<TKey, T>> Through(long time)
    {
        if (_used == 0)
        {
            return [];
        }

        WaitingEvent<TKey, T>[] chunk = _chunks[0];
        int low = _first;
        int high = _used == 1 ? _end : chunk.Length;
        if (low == high || chunk[high - 1].Timestamp <= time)
        {
            return chunk.AsSpan(low, high - low);
        }

        while (low < high)
        {
            int middle = (low + high) >>> 1;
            if (chunk[middle].Timestamp <= time)
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }

        return chunk.AsSpan(_first, low - _first);
    }

    /// <summary>Takes out the first events, at most as many as <see cref="Through"/> gave.</summary>
    public void Drop(int count)
    {
        _first += count;
        if (_used == 1 && _first == _end)
        {
            RemoveAll();
        }
        else if (_used > 1 && _first == _chunks[0].Length)
        {
            RemoveChunk();
        }
    }

    /// <summary>Takes out the events up to a time and puts them behind those of another run.</summary>
    public void MoveTo(EventRun<TKey, T> other, long through)
    {
        for (ReadOnlySpan<WaitingEvent<TKey, T>> moved = Through(through); moved.Length > 0; moved = Through(through))
        {
            foreach (ref readonly WaitingEvent<TKey, T> next in moved)
            {
                other.Append(in next.Key, next.Hash, in next.Value, next.Timestamp);
            }

            Drop(moved.Length);
        }
    }

    /// <summary>The events as they are now, for a snapshot.</summary>
    public EventView<TKey, T> Share()
    {
        _shared = _used;
        return new EventView<TKey, T>(_chunks.AsSpan(0, _used).ToArray(), _first, _end);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private int Grow()
    {
        if (_used <= 1 && _end < EventChunks<TKey, T>.Events)
        {
            // A run of few events takes little.
            int live = _end - _first;
            WaitingEvent<TKey, T>[] larger = new WaitingEvent<TKey, T>[Math.Clamp(2 * live, EventChunks<TKey, T>.FewestEvents, EventChunks<TKey, T>.Events)];
            _last.AsSpan(_first, live).CopyTo(larger);
            _chunks[0] = _last = larger;
            (_used, _shared, _first) = (1, 0, 0);
            return live;
        }

        if (_used == _chunks.Length)
        {
            Array.Resize(ref _chunks, 2 * _used);
        }

        _chunks[_used++] = _last = pool.Take();
        return 0;
    }

    private void RemoveAll()
    {
        if (_shared > 0)
        {
            (_used, _shared, _last) = (0, 0, []);
        }
        else if (RuntimeHelpers.IsReferenceOrContainsReferences<WaitingEvent<TKey, T>>())
        {
            Array.Clear(_last, 0, _end);
        }

        (_first, _end, Tail) = (0, 0, long.MinValue);
    }

    private void RemoveChunk()
    {
        if (_shared > 0)
        {
            _shared--;
        }
        else
        {
            pool.Return(_chunks[0]);
        }

        _used--;
        Array.Copy(_chunks, 1, _chunks, 0, _used);
        _chunks[_used] = null!;
        _first = 0;
    }
}

/// <summary>Chunks that are used again.</summary>
internal sealed class EventChunks<TKey, T>
{
    /// <summary>The events of a small first chunk.</summary>
    public const int FewestEvents = 8;

    // Arrays stay out of the large object heap.
    private const int MostBytes = 64 * 1024;
    private const int MostKept = 256;
    private readonly Stack<WaitingEvent<TKey, T>[]> _free = new();

    /// <summary>The events of a chunk.</summary>
    public static int Events { get; } = 1 << Math.Clamp(int.Log2(MostBytes / Unsafe.SizeOf<WaitingEvent<TKey, T>>()), int.Log2(2 * FewestEvents), 10);

    public WaitingEvent<TKey, T>[] Take() => _free.TryPop(out WaitingEvent<TKey, T>[]? chunk) ? chunk : new WaitingEvent<TKey, T>[Events];

    public void Return(WaitingEvent<TKey, T>[] chunk)
    {
        if (_free.Count == MostKept || chunk.Length != Events)
        {
            return;
        }

        if (RuntimeHelpers.IsReferenceOrContainsReferences<WaitingEvent<TKey, T>>())
        {
            Array.Clear(chunk);
        }

        _free.Push(chunk);
    }
}

/// <summary>The events of a run when a snapshot was taken; any thread.</summary>
internal sealed class EventView<TKey, T>(WaitingEvent<TKey, T>[][] chunks, int first, int end)
{
    public int ChunkCount => chunks.Length;

    public ReadOnlySpan<WaitingEvent<TKey, T>> ChunkAt(int index)
    {
        int from = index == 0 ? first : 0;
        int to = index == chunks.Length - 1 ? end : chunks[index].Length;
        return chunks[index].AsSpan(from, to - from);
    }
}
