using System.Runtime.CompilerServices;
using OrleansStream.Engine.State;

namespace OrleansStream.Engine.Tests.State;

/// <summary>A value that its reader can change.</summary>
public sealed class Box
{
    public long Amount { get; set; }
}

/// <summary>Drives a table with random calls beside a dictionary, with snapshots beside copies of the dictionary.</summary>
internal sealed class TableModel<TKey, TValue>
    where TKey : notnull
{
    private readonly SegmentPool _pool = new();
    private readonly PlaceFinder _places = new();
    private readonly KeyedTable<TKey, TValue> _table;
    private readonly Dictionary<TKey, long> _model = [];
    private readonly List<(TableSnapshot<TKey, TValue> Snapshot, Dictionary<TKey, long> Expected)> _open = [];
    private readonly TableOptions<TValue> _options;
    private readonly Func<int, TKey> _keyOf;
    private readonly Func<TKey, ulong> _hashOf;
    private readonly Set _set;
    private readonly Func<TValue, long> _read;
    private readonly Func<long, long> _stored;
    private readonly Random _random;

    public TableModel(
        int seed, TableOptions<TValue> options, Func<int, TKey> keyOf, Func<TKey, ulong> hashOf, Set set, Func<TValue, long> read, Func<long, long>? stored = null)
    {
        // What is left of an amount in a value that is too small for it.
        _stored = stored ?? (amount => amount);
        _random = new Random(seed);
        _options = options;
        _keyOf = keyOf;
        _hashOf = hashOf;
        _set = set;
        _read = read;
        _table = new KeyedTable<TKey, TValue>(_pool, options);
    }

    /// <summary>Writes an amount into the value, in place when the value is an object.</summary>
    public delegate void Set(ref TValue value, long amount);

    public void Run(int calls, int keys)
    {
        for (int i = 0; i < calls; i++)
        {
            // Phases in which the table grows and phases in which it shrinks.
            int removals = (i / 2000 % 3) switch { 0 => 5, 1 => 45, _ => 20 };
            int choice = _random.Next(1000);
            TKey key = _keyOf(_random.Next(keys));
            if (choice < removals * 10)
            {
                Assert.Equal(_model.Remove(key), _table.Remove(key, _hashOf(key)));
            }
            else if (choice >= 998)
            {
                FreezeOrRelease();
            }
            else if (choice == 997)
            {
                WalkAndRemoveSome();
            }
            else if (choice == 996 && _random.Next(10) == 0)
            {
                _table.Clear();
                _model.Clear();
            }
            else
            {
                Touch(key, choice % 4, i);
                if (choice < 600 && i % 50 == 0)
                {
                    TouchRun([.. Enumerable.Range(0, _random.Next(1, 200)).Select(_ => _keyOf(_random.Next(keys)))], i);
                }
            }
            Assert.Equal(_model.Count, _table.Count);
        }
        foreach ((TKey key, long amount) in _model)
        {
            Assert.True(_table.TryGet(key, _hashOf(key), out TValue? value));
            Assert.Equal(amount, _read(value));
        }
        ReadInRuns();
        WalkAndRemoveSome();
        while (_open.Count > 0)
        {
            Release(_random.Next(_open.Count));
        }
        _table.Clear();
        SegmentPoolStatistics left = _pool.Statistics;
        Assert.Equal((0, 0, 0), (left.LiveBlocks, left.LiveBytes, left.OpenSnapshots));
        _pool.Dispose();
        Assert.Equal(0, _pool.Statistics.ReservedBytes);
    }

    private void Touch(TKey key, int way, long amount)
    {
        ulong hash = _hashOf(key);
        switch (way)
        {
            case 0:
                bool found = _table.TryGet(key, hash, out TValue? value);
                Assert.Equal(_model.TryGetValue(key, out long expected), found);
                if (found)
                {
                    Assert.Equal(expected, _read(value!));
                    if (_options.Copy is not null)
                    {
                        // Who reads a mutable value may change it, and set it again or not: it is the same object.
                        _set(ref value!, amount);
                        _model[key] = _stored(amount);
                    }
                }
                break;
            case 1:
                ref TValue place = ref _table.FindForWrite(key, hash);
                Assert.Equal(_model.ContainsKey(key), !Unsafe.IsNullRef(ref place));
                if (!Unsafe.IsNullRef(ref place))
                {
                    _set(ref place, amount);
                    _model[key] = _stored(amount);
                }
                break;
            default:
                ref TValue target = ref _table.GetOrAdd(key, hash, out bool added);
                Assert.Equal(!_model.ContainsKey(key), added);
                if (!added)
                {
                    Assert.Equal(_model[key], _read(target));
                }
                _set(ref target, amount);
                _model[key] = _stored(amount);
                break;
        }
    }

    /// <summary>As the operators do it: places are found ahead, and a key may come several times in a run.</summary>
    private void TouchRun(TKey[] keys, long amount)
    {
        ulong[] hashes = [.. keys.Select(_hashOf)];
        KeyRun<TKey> run = new(keys, hashes);
        _places.Begin(_table, hashes);
        for (int i = 0; i < keys.Length;)
        {
            int end = _places.Enter(_table, hashes, i);
            for (; i < end; i++)
            {
                ref TValue target = ref _table.GetOrAdd(in _places.PlaceOf(i), run, i, out bool added);
                Assert.Equal(!_model.ContainsKey(keys[i]), added);
                if (!added)
                {
                    Assert.Equal(_model[keys[i]], _read(target));
                }

                _set(ref target, amount + i);
                _model[keys[i]] = _stored(amount + i);
                if (added)
                {
                    _places.Repair(_table, hashes, i);
                }
            }
        }
    }

    /// <summary>Copies all entries out, a run at a time.</summary>
    private void ReadInRuns()
    {
        Dictionary<TKey, long> read = [];
        TKey[] keys = new TKey[_random.Next(1, 300)];
        TValue[] values = new TValue[keys.Length];
        TableCursor<TKey, TValue> cursor = _table.OpenCursor();
        int n;
        do
        {
            n = cursor.Read(keys, values);
            for (int i = 0; i < n; i++)
            {
                read.Add(keys[i], _read(values[i]));
            }

            if (n == keys.Length)
            {
                Assert.Equal(keys[^1], cursor.Key);
                Assert.Equal(SlotLayout<TKey, TValue>.IsKeyless ? _hashOf(keys[^1]) : Math.Max(_hashOf(keys[^1]), 1), cursor.Hash);
            }
        }
        while (n == keys.Length);
        Assert.Equal(_model, read);
    }

    private void FreezeOrRelease()
    {
        if (_open.Count < 4 && _random.Next(2) == 0)
        {
            _open.Add((_table.Freeze(), new Dictionary<TKey, long>(_model)));
        }
        else if (_open.Count > 0)
        {
            Release(_random.Next(_open.Count));
        }
    }

    private void Release(int which)
    {
        (TableSnapshot<TKey, TValue> snapshot, Dictionary<TKey, long> expected) = _open[which];
        _open.RemoveAt(which);
        Assert.Equal(expected, SnapshotContent.Of(snapshot, _options.MaxParallelism, _read));
        Assert.Equal(expected.Count, snapshot.Count);
        snapshot.Release();
    }

    private void WalkAndRemoveSome()
    {
        int expected = _model.Count;
        HashSet<TKey> seen = [];
        TableCursor<TKey, TValue> cursor = _table.OpenCursor();
        while (cursor.MoveNext())
        {
            TKey key = cursor.Key;
            Assert.True(seen.Add(key), "A key was visited twice.");
            Assert.Equal(_model[key], _read(cursor.Value));
            Assert.Equal(SlotLayout<TKey, TValue>.IsKeyless ? _hashOf(key) : Math.Max(_hashOf(key), 1), cursor.Hash);
            switch (_random.Next(6))
            {
                case 0:
                    cursor.Remove();
                    _model.Remove(key);
                    break;
                case 1:
                    Assert.True(_table.Remove(key, _hashOf(key)));
                    _model.Remove(key);
                    break;
                case 2:
                    _set(ref cursor.ValueForWrite(), 7);
                    _model[key] = _stored(7);
                    break;
                case 3 when _random.Next(50) == 0:
                    FreezeOrRelease();
                    break;
                case 4 when _random.Next(5000) == 0:
                    cursor.Close();
                    return;
            }
        }
        Assert.Equal(expected, seen.Count);
        seen.ExceptWith(_model.Keys);
        Assert.Equal(_model.Count, _table.Count);
        foreach (TKey gone in seen)
        {
            Assert.False(_table.TryGet(gone, _hashOf(gone), out _));
        }
    }
}
