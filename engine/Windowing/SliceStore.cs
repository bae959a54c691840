#pragma warning disable CS8714 // Keys are never null: KeyHasher refuses them.
using OrleansStream.Engine.Checkpointing;
using OrleansStream.Engine.State;
using OrleansStream.Serialization;

namespace OrleansStream.Engine.Windowing;

/// <summary>
/// The slices of a window operator, in order of time: keyed state of the form (slice, key) → accumulator, with a table per slice, so that firing a window reads tables from end to end and
/// dropping a slice drops a table. Also what has fired: after a change of parallelism the key groups of a subtask may have fired up to different ends.
/// </summary>
internal sealed class SliceStore<TKey, TAcc> : IKeyedPart
{
    private const string Name = "windows";
    private readonly KeyedState<TKey> _state;
    private readonly SliceGrid _grid;
    private readonly TypeSerializer<TKey> _keys;
    private readonly TypeSerializer<TAcc> _accumulators;
    private readonly List<Slice<TKey, TAcc>> _slices = [];
    private readonly long[] _firedByGroup;
    private long _firedEnd = long.MinValue;
    private readonly Dictionary<TKey, long> _firedByKey = [];
    private long _mixedUntil = long.MinValue;
    private long _keysOfDropped;

    public SliceStore(KeyedState<TKey> state, SliceGrid grid)
    {
        _state = state;
        _grid = grid;
        _keys = state.Serializers.Get<TKey>();
        _accumulators = state.Serializers.Get<TAcc>();
        _firedByGroup = new long[state.Owned.Count];
        Array.Fill(_firedByGroup, long.MaxValue);
        state.AddPart(this);
    }

    public IReadOnlyList<Slice<TKey, TAcc>> Slices => _slices;

    /// <summary>
    /// After a restore: everything up to the operator's watermark has fired, unless a firing was interrupted; what the key groups say goes beyond that. Key groups without slices say nothing, since
    /// they are not in the snapshot.
    /// </summary>
    public void Settle(long watermark, bool isFiring)
    {
        _firedEnd = watermark is long.MinValue or long.MaxValue ? watermark : watermark + 1;
        long highest = _firedByKey.Count == 0 ? long.MinValue : _firedByKey.Values.Max();
        foreach (long fired in _firedByGroup)
        {
            if (fired != long.MaxValue)
            {
                highest = Math.Max(highest, fired);
                _firedEnd = isFiring ? Math.Min(_firedEnd, fired) : _firedEnd;
            }
        }

        _mixedUntil = highest > _firedEnd ? highest : long.MinValue;
    }

    /// <summary>Copies an accumulator that is about to be merged into; structs and immutable values need none.</summary>
    public TAcc Copy(in TAcc accumulator) => _accumulators.IsImmutable ? accumulator : _accumulators.Copy(in accumulator);

    /// <summary>The end of the last window that has fired for all keys. Raised when a window has fired wholly.</summary>
    public long FiredEnd
    {
        get => _firedEnd;
        set
        {
            _firedEnd = value;
            if (_firedEnd >= _mixedUntil)
            {
                _mixedUntil = long.MinValue;
                _firedByKey.Clear();
            }
        }
    }

    /// <summary>Whether keys have fired up to different ends: then it has to be asked key by key.</summary>
    public bool IsMixed => _mixedUntil != long.MinValue;

    /// <summary>The highest end that any key has fired, where that differs from key to key.</summary>
    public long MixedUntil => _mixedUntil;

    /// <summary>
    /// The watermark by which a record of a key is late: the operator's, or the higher one up to which windows of the key fired before a change of parallelism brought subtasks with
    /// different watermarks together. So a window that has fired and has no lateness does not fire again, and a record for it is late rather than lost.
    /// </summary>
    public long LateBy(in TKey key, ulong hash, long watermark)
    {
        if (!IsMixed)
        {
            return watermark;
        }

        long fired = _firedByGroup[_state.Owned.GroupOf(hash) - _state.Owned.First];
        fired = Math.Max(fired == long.MaxValue ? long.MinValue : fired, _firedByKey.GetValueOrDefault(key, long.MinValue));
        return fired == long.MinValue ? watermark : Math.Max(watermark, fired - 1);
    }

    /// <summary>Says, at a snapshot inside of a firing, which window is firing and for which keys it has fired. Null between firings.</summary>
    public Func<(long End, IEnumerable<TKey> Keys)>? FiredSoFar { get; set; }

    /// <summary>Whether a window may have fired for some keys: only one that a restore found half fired, or behind the others.</summary>
    public bool MayHaveFired(long end) => end <= _firedEnd || end <= _mixedUntil;

    /// <summary>Whether a window has fired for a key.</summary>
    public bool HasFired(long end, in TKey key, ulong hash) => end <= _firedEnd || (end <= _mixedUntil && HasFiredEarlier(end, in key, hash));

    public KeyedTable<TKey, TAcc> NewTable() => new(
        _state.Pool,
        new TableOptions<TAcc>(
            _state.Owned.First, _state.Owned.Last, _state.Owned.MaxParallelism, _accumulators.IsImmutable ? null : value => _accumulators.Copy(in value)));

    public Slice<TKey, TAcc> GetOrAdd(long start, long end)
    {
        int at = LowerBound(start);
        if (at < _slices.Count && _slices[at].Start == start)
        {
            return _slices[at];
        }

        // Neighbours in time tend to have as many keys. The one before may just have begun, where sources are read at different speeds.
        KeyedTable<TKey, TAcc> table = NewTable();
        table.Reserve(Math.Max(at > 0 ? _slices[at - 1].Table.Count : 0, _keysOfDropped));

        Slice<TKey, TAcc> slice = new(start, end, _grid.FirstEnd(start, end), _grid.LastEnd(start, end), table);
        _slices.Insert(at, slice);
        return slice;
    }

    /// <summary>The position of the first slice that does not begin before a time.</summary>
    public int LowerBound(long start)
    {
        int low = 0;
        int high = _slices.Count;
        while (low < high)
        {
            int middle = (low + high) >>> 1;
            if (_slices[middle].Start < start)
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

    /// <summary>The end of the window that fires next.</summary>
    /// <returns>False if no slice belongs to a window that has not fired.</returns>
    public bool TryGetNextEnd(out long end)
    {
        foreach (Slice<TKey, TAcc> slice in _slices)
        {
            if (slice.LastEnd > _firedEnd)
            {
                end = slice.FirstEnd > _firedEnd ? slice.FirstEnd : _grid.EndAfter(_firedEnd);
                return true;
            }
        }

        end = 0;
        return false;
    }

    /// <summary>Drops the slices whose last window is dead.</summary>
    /// <returns>Whether any was.</returns>
    public bool DropDead(long watermark, long latenessMs)
    {
        int dead = 0;
        while (dead < _slices.Count && WindowTime.IsDead(_slices[dead].LastEnd, latenessMs, watermark))
        {
            _keysOfDropped = _slices[dead].Table.Count;
            _slices[dead].Table.Clear();
            dead++;
        }

        _slices.RemoveRange(0, dead);
        return dead > 0;
    }

    public StateDescription Describe() => new(
        Name, StateSectionKind.Keyed, typeof(TKey).ToString(), typeof(TAcc).ToString(), SchemaBytes.Of(_keys), SchemaBytes.Of(_accumulators));

    public IFrozenPart Freeze() => new Frozen(this);

    public void ReadGroup(int group, DataReader reader, StateDescription written)
    {
        TypeSerializer<TKey> keys = SchemaBytes.Reader(_keys, written.KeySchema);
        TypeSerializer<TAcc> accumulators = SchemaBytes.Reader(_accumulators, written.ValueSchema);
        _firedByGroup[group - _state.Owned.First] = reader.ReadInt64();
        int firedKeys = reader.ReadInt32();
        for (int i = 0; i < firedKeys; i++)
        {
            _firedByKey.Add(keys.Read(reader), reader.ReadInt64());
        }

        int slices = reader.ReadInt32();
        for (int i = 0; i < slices; i++)
        {
            long start = reader.ReadInt64();
            Slice<TKey, TAcc> slice = GetOrAdd(start, reader.ReadInt64());
            int count = reader.ReadInt32();
            for (int j = 0; j < count; j++)
            {
                TKey key = keys.Read(reader);
                ulong hash = _state.Hasher.Hash(in key);
                _state.Owned.Require(hash, group, Name, key);
                slice.Table.GetOrAdd(in key, hash, out _) = accumulators.Read(reader);
            }
        }
    }

    private bool HasFiredEarlier(long end, in TKey key, ulong hash)
    {
        long fired = _firedByGroup[_state.Owned.GroupOf(hash) - _state.Owned.First];
        return (fired != long.MaxValue && end <= fired) || (_firedByKey.TryGetValue(key, out long byKey) && end <= byKey);
    }

    private long FiredEndOfGroup(int group)
    {
        long own = _firedByGroup[group - _state.Owned.First];
        return _mixedUntil != long.MinValue && own != long.MaxValue ? Math.Max(own, _firedEnd) : _firedEnd;
    }

    private sealed class Frozen : IFrozenPart
    {
        private readonly SliceStore<TKey, TAcc> _store;
        private readonly (long Start, long End, TableSnapshot<TKey, TAcc> Snapshot, SnapshotReader<TKey, TAcc> Reader)[] _slices;
        private readonly long[] _fired;
        private readonly ILookup<int, (TKey Key, long End)> _firedByKey;

        public Frozen(SliceStore<TKey, TAcc> store)
        {
            _store = store;
            _slices = [.. store._slices.Select(s => (s, s.Table.Freeze())).Select(s => (s.s.Start, s.s.End, s.Item2, s.Item2.OpenReader()))];
            KeyGroupsOwned owned = store._state.Owned;
            _fired = [.. Enumerable.Range(owned.First, owned.Count).Select(store.FiredEndOfGroup)];
            Dictionary<TKey, long> firedByKey = new(store._firedByKey);
            if (store.FiredSoFar?.Invoke() is { } firing)
            {
                foreach (TKey key in firing.Keys)
                {
                    firedByKey[key] = Math.Max(firing.End, firedByKey.GetValueOrDefault(key, long.MinValue));
                }
            }

            _firedByKey = firedByKey.ToLookup(entry => owned.GroupOf(store._state.Hasher.Hash(entry.Key)), entry => (entry.Key, entry.Value));
        }

        public void WriteGroup(int group, DataWriter writer)
        {
            writer.WriteInt64(_fired[group - _store._state.Owned.First]);
            (TKey Key, long End)[] firedByKey = [.. _firedByKey[group]];
            writer.WriteInt32(firedByKey.Length);
            foreach ((TKey key, long end) in firedByKey)
            {
                _store._keys.Write(writer, in key);
                writer.WriteInt64(end);
            }

            int countAt = writer.Position;
            int slices = 0;
            writer.WriteInt32(0);
            foreach ((long start, long end, _, SnapshotReader<TKey, TAcc> reader) in _slices)
            {
                int count = (int)reader.CountIn(group);
                if (count == 0)
                {
                    continue;
                }

                slices++;
                writer.WriteInt64(start);
                writer.WriteInt64(end);
                writer.WriteInt32(count);
                Visitor visitor = new(writer, _store._keys, _store._accumulators);
                reader.ReadGroup(group, ref visitor);
            }

            writer.PatchInt32(countAt, slices);
            if (slices == 0)
            {
                writer.Clear();
            }
        }

        public void Release()
        {
            foreach ((_, _, TableSnapshot<TKey, TAcc> snapshot, _) in _slices)
            {
                snapshot.Release();
            }
        }
    }

    private readonly struct Visitor(DataWriter writer, TypeSerializer<TKey> keys, TypeSerializer<TAcc> accumulators) : IEntryVisitor<TKey, TAcc>
    {
        public void Visit(in TKey key, ulong hash, in TAcc value)
        {
            keys.Write(writer, in key);
            accumulators.Write(writer, in value);
        }
    }
}
