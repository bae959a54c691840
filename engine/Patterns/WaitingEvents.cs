using System.Runtime.CompilerServices;
using OrleansStream.Engine.Checkpointing;
using OrleansStream.Engine.State;
using OrleansStream.Serialization;

namespace OrleansStream.Engine.Patterns;

/// <summary>
/// The events of all keys that wait for the watermark. They lie in runs, each in order of time; an event goes to the end of the first run that it does not have to stand before in, so that nearly ordered
/// events make few runs and cost an append each. The runs' last times fall from run to run, and of equal times the later event never lies in an earlier run: merged run by run the events are in order of
/// time, equal ones as they came. Used on the subtask's thread.
/// </summary>
internal sealed class WaitingEvents<TKey, T> : IKeyedPart
{
    private const string Name = "waiting";
    private const int MostSpare = 64;
    private readonly KeyedState<TKey> _state;
    private readonly TypeSerializer<TKey> _keys;
    private readonly TypeSerializer<T> _values;
    private readonly EventChunks<TKey, T> _chunks = new();
    private readonly List<EventRun<TKey, T>> _runs = [];
    private readonly Stack<EventRun<TKey, T>> _spare = new();
    private readonly PriorityQueue<int, (long Time, int Run)> _heads = new();

    // What was merged, all of it due.
    private readonly EventRun<TKey, T> _merged;
    private EventRun<TKey, T> _peeked;

    // No event of the runs is earlier.
    private long _earliest = long.MaxValue;

    public WaitingEvents(KeyedState<TKey> state)
    {
        _state = state;
        _keys = state.Serializers.Get<TKey>();
        _values = state.Serializers.Get<T>();
        _merged = _peeked = new EventRun<TKey, T>(_chunks);
        _runs.Add(new EventRun<TKey, T>(_chunks));
        state.AddPart(this);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Add(in TKey key, ulong hash, in T value, long timestamp)
    {
        _earliest = Math.Min(_earliest, timestamp);
        EventRun<TKey, T> run = _runs[0];
        if (timestamp < run.Tail)
        {
            run = RunFor(timestamp);
        }

        run.Append(in key, hash, in value, timestamp);
    }

    /// <summary>The events up to a time in order, as many as lie together. They stay until they are dropped.</summary>
    /// <returns>False if there is none.</returns>
    public bool TryPeek(long time, out ReadOnlySpan<WaitingEvent<TKey, T>> due)
    {
        if (_merged.IsEmpty)
        {
            if (_earliest > time)
            {
                due = [];
                return false;
            }

            if (_runs.Count > 1)
            {
                Merge(time);
            }
        }

        _peeked = _merged.IsEmpty ? _runs[0] : _merged;
        due = _peeked.Through(time);
        if (due.Length > 0)
        {
            return true;
        }

        _earliest = EarliestHead();
        return false;
    }

    /// <summary>Takes out the first events of those that <see cref="TryPeek"/> gave last.</summary>
    public void Drop(int count) => _peeked.Drop(count);

    public StateDescription Describe() => new(
        Name, StateSectionKind.Keyed, typeof(TKey).ToString(), typeof(T).ToString(), SchemaBytes.Of(_keys), SchemaBytes.Of(_values));

    public IFrozenPart Freeze() => new Frozen(this);

    public void ReadGroup(int group, DataReader reader, StateDescription written)
    {
        TypeSerializer<TKey> keys = SchemaBytes.Reader(_keys, written.KeySchema);
        TypeSerializer<T> values = SchemaBytes.Reader(_values, written.ValueSchema);
        for (int count = reader.ReadInt32(); count > 0; count--)
        {
            TKey key = keys.Read(reader);
            ulong hash = _state.Hasher.Hash(in key);
            _state.Owned.Require(hash, group, Name, key);
            long timestamp = reader.ReadInt64();
            Add(in key, hash, values.Read(reader), timestamp);
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private EventRun<TKey, T> RunFor(long timestamp)
    {
        int low = 1;
        int high = _runs.Count;
        while (low < high)
        {
            int middle = (low + high) >>> 1;
            if (_runs[middle].Tail <= timestamp)
            {
                high = middle;
            }
            else
            {
                low = middle + 1;
            }
        }

        if (low == _runs.Count)
        {
            _runs.Add(_spare.TryPop(out EventRun<TKey, T>? spare) ? spare : new EventRun<TKey, T>(_chunks));
        }

        return _runs[low];
    }

    /// <summary>Takes the events up to a time out of all runs, in order.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Merge(long time)
    {
        for (int i = 0; i < _runs.Count; i++)
        {
            EnterHead(i, time);
        }

        while (_heads.TryDequeue(out int run, out _))
        {
            // Of equal times those of the earlier run come first.
            long through = _heads.TryPeek(out int next, out (long Time, int Run) head) ? Math.Min(time, next > run ? head.Time : head.Time - 1) : time;
            _runs[run].MoveTo(_merged, through);
            EnterHead(run, time);
        }

        // Runs without events have no last time, which would break the order of the others'.
        int kept = 0;
        for (int i = 0; i < _runs.Count; i++)
        {
            if (!_runs[i].IsEmpty || (kept == 0 && i == _runs.Count - 1))
            {
                _runs[kept++] = _runs[i];
            }
            else if (_spare.Count < MostSpare)
            {
                _spare.Push(_runs[i]);
            }
        }

        _runs.RemoveRange(kept, _runs.Count - kept);
        _earliest = EarliestHead();
    }

    private void EnterHead(int run, long time)
    {
        if (!_runs[run].IsEmpty && _runs[run].Head <= time)
        {
            _heads.Enqueue(run, (_runs[run].Head, run));
        }
    }

    private long EarliestHead()
    {
        long earliest = long.MaxValue;
        foreach (EventRun<TKey, T> run in _runs)
        {
            earliest = run.IsEmpty ? earliest : Math.Min(earliest, run.Head);
        }

        return earliest;
    }

    /// <summary>The events when the snapshot was taken. They are put in order in the background, by key group first.</summary>
    private sealed class Frozen : IFrozenPart
    {
        private readonly WaitingEvents<TKey, T> _events;
        private readonly List<EventView<TKey, T>> _views = [];
        private Entry[]? _ordered;

        public Frozen(WaitingEvents<TKey, T> events)
        {
            _events = events;
            Share(events._merged);
            events._runs.ForEach(Share);
        }

        public void WriteGroup(int group, DataWriter writer)
        {
            _ordered ??= Order();
            int first = FirstOf(group);
            int end = FirstOf(group + 1);
            if (first == end)
            {
                return;
            }

            writer.WriteInt32(end - first);
            foreach (Entry entry in _ordered.AsSpan(first, end - first))
            {
                ref readonly WaitingEvent<TKey, T> waiting = ref _views[entry.View].ChunkAt(entry.Chunk)[entry.At];
                _events._keys.Write(writer, in waiting.Key);
                writer.WriteInt64(waiting.Timestamp);
                _events._values.Write(writer, in waiting.Value);
            }
        }

        public void Release()
        {
        }

        private void Share(EventRun<TKey, T> run)
        {
            if (!run.IsEmpty)
            {
                _views.Add(run.Share());
            }
        }

        private Entry[] Order()
        {
            List<Entry> all = [];
            for (int view = 0; view < _views.Count; view++)
            {
                for (int chunk = 0; chunk < _views[view].ChunkCount; chunk++)
                {
                    ReadOnlySpan<WaitingEvent<TKey, T>> events = _views[view].ChunkAt(chunk);
                    for (int at = 0; at < events.Length; at++)
                    {
                        all.Add(new Entry(_events._state.Owned.GroupOf(events[at].Hash), events[at].Timestamp, view, chunk, at));
                    }
                }
            }

            all.Sort();
            return [.. all];
        }

        private int FirstOf(int group)
        {
            int low = 0;
            int high = _ordered!.Length;
            while (low < high)
            {
                int middle = (low + high) >>> 1;
                if (_ordered[middle].Group < group)
                {
                    low = middle + 1;
                }
                else
                {
                    high = middle;
                }
            }

            return low;
        }

        private readonly record struct Entry(int Group, long Timestamp, int View, int Chunk, int At) : IComparable<Entry>
        {
            public int CompareTo(Entry other)
            {
                int order = Group.CompareTo(other.Group);
                order = order != 0 ? order : Timestamp.CompareTo(other.Timestamp);
                order = order != 0 ? order : View.CompareTo(other.View);
                order = order != 0 ? order : Chunk.CompareTo(other.Chunk);
                return order != 0 ? order : At.CompareTo(other.At);
            }
        }
    }
}
