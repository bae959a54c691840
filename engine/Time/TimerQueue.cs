using OrleansStream.Engine.Checkpointing;
using OrleansStream.Engine.State;
using OrleansStream.Keys;

namespace OrleansStream.Engine.Time;

/// <summary>
/// The timers of one clock. Which timers exist is keyed state: a table of (key, time), so that a timer is unique and is stored by key group. The heap over it is only an index: it may
/// hold timers that were deleted, which are skipped when they come up, and it is rebuilt on restore.
/// </summary>
/// <typeparam name="TKey">What timers belong to: a key, or a key with a window.</typeparam>
internal sealed class TimerQueue<TKey>
{
    private static readonly KeyHasher<long> s_times = KeyHasher.For<long>();
    private const int LeastCompacted = 64;
    private readonly KeyedTable<KeyAnd<TKey, long>, byte> _timers;
    private readonly IEntryHasher<TKey> _keys;
    private Entry[] _heap = new Entry[16];
    private int _count;
    private long _sequence;

    public TimerQueue(KeyedState<TKey> state, string name)
    {
        _timers = state.Table<long, byte>(name, StateSectionKind.Timers);
        _keys = new PlainHasher<TKey>(state.Hasher);
        Rebuild();
    }

    private TimerQueue(KeyedTable<KeyAnd<TKey, long>, byte> timers, IEntryHasher<TKey> keys)
    {
        _timers = timers;
        _keys = keys;
        Rebuild();
    }

    /// <summary>Timers of something that is addressed by more than a key.</summary>
    public static TimerQueue<TKey> Of<TStateKey>(KeyedState<TStateKey> state, string name, IEntryHasher<TKey> entries) =>
        new(state.Table<KeyAnd<TKey, long>, byte>(name, StateSectionKind.Timers, new TimerHasher<TKey>(entries)), entries);

    /// <summary>How many entries the index has, deleted timers among them.</summary>
    public int IndexSize => _count;

    /// <summary>The time of the first timer (which may have been deleted since); <c>long.MaxValue</c> also where there is none.</summary>
    public long NextTime => _count == 0 ? long.MaxValue : _heap[0].Time;

    public bool IsEmpty => _count == 0;

    public void Register(in TKey key, ulong keyHash, long time)
    {
        _timers.GetOrAdd(new KeyAnd<TKey, long>(key, time), HashOf(keyHash, time), out bool added);
        if (added)
        {
            Push(new Entry(time, _sequence++, key, keyHash));
        }
    }

    public void Delete(in TKey key, ulong keyHash, long time)
    {
        // A key that moves a far timer with every record must not fill the index with what it has deleted.
        if (_timers.Remove(new KeyAnd<TKey, long>(key, time), HashOf(keyHash, time)) && _count >= LeastCompacted && _count > 2 * _timers.Count)
        {
            Rebuild();
        }
    }

    /// <summary>Takes the first timer at or before a time.</summary>
    public bool TryTake(long upTo, out TKey key, out ulong keyHash, out long time)
    {
        while (_count > 0 && _heap[0].Time <= upTo)
        {
            Entry first = Pop();
            if (_timers.Remove(new KeyAnd<TKey, long>(first.Key, first.Time), HashOf(first.Hash, first.Time)))
            {
                (key, keyHash, time) = (first.Key, first.Hash, first.Time);
                return true;
            }
        }

        key = default!;
        keyHash = 0;
        time = 0;
        return false;
    }

    private void Rebuild()
    {
        Array.Clear(_heap, 0, _count);
        _count = 0;
        for (TableCursor<KeyAnd<TKey, long>, byte> cursor = _timers.OpenCursor(); cursor.MoveNext();)
        {
            KeyAnd<TKey, long> timer = cursor.Key;
            Push(new Entry(timer.Namespace, _sequence++, timer.Key, _keys.Hash(timer.Key)));
        }
    }

    private static ulong HashOf(ulong keyHash, long time) =>
        NamespaceHasher<TKey, long>.Mix(keyHash, s_times.Hash(in time));

    private void Push(in Entry entry)
    {
        if (_count == _heap.Length)
        {
            Array.Resize(ref _heap, _count * 2);
        }

        int at = _count++;
        while (at > 0)
        {
            int parent = (at - 1) >> 1;
            if (!entry.IsBefore(in _heap[parent]))
            {
                break;
            }

            _heap[at] = _heap[parent];
            at = parent;
        }

        _heap[at] = entry;
    }

    private Entry Pop()
    {
        Entry first = _heap[0];
        Entry last = _heap[--_count];
        _heap[_count] = default;
        int at = 0;
        while (true)
        {
            int child = (2 * at) + 1;
            if (child >= _count)
            {
                break;
            }

            if (child + 1 < _count && _heap[child + 1].IsBefore(in _heap[child]))
            {
                child++;
            }

            if (!_heap[child].IsBefore(in last))
            {
                break;
            }

            _heap[at] = _heap[child];
            at = child;
        }

        if (_count > 0)
        {
            _heap[at] = last;
        }

        return first;
    }

    private readonly struct Entry(long time, long sequence, TKey key, ulong hash)
    {
        public readonly long Time = time;
        public readonly TKey Key = key;
        public readonly ulong Hash = hash;
        private readonly long _sequence = sequence;

        public bool IsBefore(in Entry other) => Time < other.Time || (Time == other.Time && _sequence < other._sequence);
    }
}
