using OrleansStream.Engine.Checkpointing;
using OrleansStream.Engine.State;
using OrleansStream.Serialization;

namespace OrleansStream.Engine.Windowing;

/// <summary>A window with its records: which keys have some, and the records of all keys in one log.</summary>
internal sealed class WindowOfRecords<TKey, T>(TimeWindow window, KeyedTable<TKey, RecordRun> runs, RecordLog<T> log)
{
    public readonly TimeWindow Window = window;
    public readonly KeyedTable<TKey, RecordRun> Runs = runs;
    public readonly RecordLog<T> Log = log;
}

/// <summary>
/// The windows of an operator that keeps the records, in order of time; no two overlap. Dropping a window drops a table and a log, whatever its keys.
/// </summary>
internal sealed class WindowRecords<TKey, T> : IKeyedPart
{
    private const string Name = "windows:records";
    private readonly KeyedState<TKey> _state;
    private readonly TypeSerializer<TKey> _keys;
    private readonly TypeSerializer<T> _values;
    private readonly List<WindowOfRecords<TKey, T>> _windows = [];
    private readonly RecordChunks<T> _chunks = new();

    public WindowRecords(KeyedState<TKey> state)
    {
        _state = state;
        _keys = state.Serializers.Get<TKey>();
        _values = state.Serializers.Get<T>();
        state.AddPart(this);
    }

    /// <summary>The first window; null if there is none.</summary>
    public WindowOfRecords<TKey, T>? First => _windows.Count == 0 ? null : _windows[0];

    public WindowOfRecords<TKey, T> GetOrAdd(TimeWindow window)
    {
        int at = _windows.Count;
        while (at > 0 && _windows[at - 1].Window.Start > window.Start)
        {
            at--;
        }

        if (at > 0 && _windows[at - 1].Window == window)
        {
            return _windows[at - 1];
        }

        KeyedTable<TKey, RecordRun> runs = new(
            _state.Pool, new TableOptions<RecordRun>(_state.Owned.First, _state.Owned.Last, _state.Owned.MaxParallelism, null));
        if (at > 0)
        {
            // Neighbours in time tend to have as many keys.
            runs.Reserve(_windows[at - 1].Runs.Count);
        }

        WindowOfRecords<TKey, T> added = new(window, runs, new RecordLog<T>(_chunks));
        _windows.Insert(at, added);
        return added;
    }

    /// <summary>Drops the first window.</summary>
    public void RemoveFirst()
    {
        WindowOfRecords<TKey, T> first = _windows[0];
        _windows.RemoveAt(0);
        first.Runs.Clear();
        first.Log.Release();
    }

    public StateDescription Describe() => new(
        Name, StateSectionKind.Keyed, typeof(TKey).ToString(), typeof(T).ToString(), SchemaBytes.Of(_keys), SchemaBytes.Of(_values));

    public IFrozenPart Freeze() => new Frozen(this);

    public void ReadGroup(int group, DataReader reader, StateDescription written)
    {
        TypeSerializer<TKey> keys = SchemaBytes.Reader(_keys, written.KeySchema);
        TypeSerializer<T> values = SchemaBytes.Reader(_values, written.ValueSchema);
        int windows = reader.ReadInt32();
        for (int i = 0; i < windows; i++)
        {
            long start = reader.ReadInt64();
            long end = reader.ReadInt64();
            int count = reader.ReadInt32();
            for (int j = 0; j < count; j++)
            {
                WindowOfRecords<TKey, T> window = GetOrAdd(new TimeWindow(start, end));
                TKey key = keys.Read(reader);
                ulong hash = _state.Hasher.Hash(in key);
                _state.Owned.Require(hash, group, Name, key);
                RecordRun run = default;
                for (int records = reader.ReadInt32(); records > 0; records--)
                {
                    run.Last = window.Log.Append(values.Read(reader), run.Last);
                    run.Count++;
                }

                window.Runs.GetOrAdd(in key, hash, out _) = run;
            }
        }
    }

    private sealed class Frozen : IFrozenPart
    {
        private readonly WindowRecords<TKey, T> _records;
        private readonly (TimeWindow Window, TableSnapshot<TKey, RecordRun> Runs, SnapshotReader<TKey, RecordRun> Reader, RecordView<T> View)[] _windows;

        public Frozen(WindowRecords<TKey, T> records)
        {
            _records = records;
            _windows =
            [
                .. records._windows.Select(w => (w.Window, Runs: w.Runs.Freeze(), View: w.Log.Share())).Select(w => (w.Window, w.Runs, w.Runs.OpenReader(), w.View)),
            ];
        }

        public void WriteGroup(int group, DataWriter writer)
        {
            long all = 0;
            writer.WriteInt32(_windows.Length);
            foreach ((TimeWindow window, _, SnapshotReader<TKey, RecordRun> reader, RecordView<T> view) in _windows)
            {
                writer.WriteInt64(window.Start);
                writer.WriteInt64(window.End);
                int keysAt = writer.Position;
                writer.WriteInt32(0);
                Visitor visitor = new(writer, _records._keys, _records._values, view);
                reader.ReadGroup(group, ref visitor);
                writer.PatchInt32(keysAt, visitor.Count);
                all += visitor.Count;
            }

            if (all == 0)
            {
                writer.Clear();
            }
        }

        public void Release()
        {
            foreach ((_, TableSnapshot<TKey, RecordRun> runs, _, _) in _windows)
            {
                runs.Release();
            }
        }
    }

    private struct Visitor(DataWriter writer, TypeSerializer<TKey> keys, TypeSerializer<T> values, RecordView<T> view) : IEntryVisitor<TKey, RecordRun>
    {
        private readonly RecordWalk[] _walk = new RecordWalk[1];
        private int[] _places = [];

        public int Count;

        public void Visit(in TKey key, ulong hash, in RecordRun run)
        {
            if (run.Count == 0)
            {
                return;
            }

            if (_places.Length < run.Count)
            {
                _places = new int[Math.Max(run.Count, 2 * _places.Length)];
            }

            Span<int> places = _places.AsSpan(0, run.Count);
            _walk[0] = new RecordWalk(run, 0);
            view.Follow(_walk, places);
            keys.Write(writer, in key);
            writer.WriteInt32(run.Count);
            foreach (int place in places)
            {
                values.Write(writer, in view[place]);
            }

            Count++;
        }
    }
}
