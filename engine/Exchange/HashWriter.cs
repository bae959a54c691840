using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using OrleansStream.Engine.Channels;
using OrleansStream.Engine.Operators;
using OrleansStream.Keys;

namespace OrleansStream.Engine.Exchange;

/// <summary>The keyed exchange: the key and its hash are computed once, for a whole batch, and travel with the record to the subtask that owns the key group.</summary>
internal sealed class HashWriter<TKey, T> : ExchangeWriter<T, KeyedBatch<TKey, T>>
{
    private readonly OperatorSetup _setup;
    private readonly Func<T, TKey> _selector;
    private readonly KeyHasher<TKey> _hasher = KeyHasher.For<TKey>();
    private readonly ushort[] _subtaskOfGroup;
    private readonly ulong _maxParallelism;
    private TKey[] _keys = [];
    private ulong[] _hashes = [];
    private Batch<T>? _prepared;
    private int _preparedThrough;
    private readonly Cursor[] _cursors;

    public HashWriter(OperatorSetup setup, Func<T, TKey> selector, Channel[] channels, int maxParallelism, int batchSize, long timeoutMs)
        : base(channels, batchSize, timeoutMs)
    {
        _setup = setup;
        _selector = selector;
        _maxParallelism = (ulong)maxParallelism;
        _cursors = new Cursor[channels.Length];
        _subtaskOfGroup = new ushort[maxParallelism];
        for (int group = 0; group < maxParallelism; group++)
        {
            _subtaskOfGroup[group] = (ushort)KeyGroups.SubtaskOf(group, maxParallelism, channels.Length);
        }
    }

    protected override int ExtraBytes => Unsafe.SizeOf<TKey>() + sizeof(ulong);

    protected override KeyedBatch<TKey, T> NewBatch(int capacity) => new(capacity);

    protected override int Distribute(Batch<T> batch, int from)
    {
        if (!ReferenceEquals(_prepared, batch) || _preparedThrough < batch.Count || from == 0)
        {
            Prepare(batch, from);
        }

        LoadCursors();
        int taken = Scatter(batch, from);
        StoreCursors();
        return Taken(taken, batch.Count - from);
    }

    // One pass. The arrays of the batches that are being filled lie side by side in the cursors, so that a record costs no chain of loads through lane and batch.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private int Scatter(Batch<T> batch, int from)
    {
        int count = batch.Count;
        ref T values = ref MemoryMarshal.GetArrayDataReference(batch.Values);
        ref long timestamps = ref MemoryMarshal.GetArrayDataReference(batch.Timestamps);
        ref TKey keys = ref MemoryMarshal.GetArrayDataReference(_keys);
        ref ulong hashes = ref MemoryMarshal.GetArrayDataReference(_hashes);
        ref ushort groups = ref MemoryMarshal.GetArrayDataReference(_subtaskOfGroup);
        ref Cursor cursors = ref MemoryMarshal.GetArrayDataReference(_cursors);
        ulong maxParallelism = _maxParallelism;
        for (nint i = from; i < count; i++)
        {
            ulong hash = Unsafe.Add(ref hashes, i);
            // In range: the group is below maxParallelism because the high half of the hash is below 2^32, and a cursor's count is below its capacity.
            int to = Unsafe.Add(ref groups, (nint)(((hash >> 32) * maxParallelism) >> 32));
            ref Cursor cursor = ref Unsafe.Add(ref cursors, to);
            nint n = cursor.Count;
            Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(cursor.Values), n) = Unsafe.Add(ref values, i);
            Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(cursor.Timestamps), n) = Unsafe.Add(ref timestamps, i);
            Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(cursor.Keys), n) = Unsafe.Add(ref keys, i);
            Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(cursor.Hashes), n) = hash;
            cursor.Count = (int)n + 1;
            if (n + 1 == cursor.Capacity && !MakeRoom(to))
            {
                return (int)i + 1 - from;
            }
        }

        return count - from;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private bool MakeRoom(int to)
    {
        Lane<KeyedBatch<TKey, T>> lane = Lanes[to];
        lane.Building!.Count = _cursors[to].Count;
        bool hasRoom = OnFull(lane);
        _cursors[to].Load(Open(lane));
        return hasRoom;
    }

    private void LoadCursors()
    {
        for (int i = 0; i < _cursors.Length; i++)
        {
            _cursors[i].Load(Open(Lanes[i]));
        }
    }

    private void StoreCursors()
    {
        for (int i = 0; i < _cursors.Length; i++)
        {
            Lanes[i].Building!.Count = _cursors[i].Count;
        }
    }

    private int Taken(int taken, int all)
    {
        if (taken == all)
        {
            _prepared = null;
            if (RuntimeHelpers.IsReferenceOrContainsReferences<TKey>())
            {
                Array.Clear(_keys, 0, _preparedThrough);
            }
        }

        return taken;
    }

    private void Prepare(Batch<T> batch, int from)
    {
        int count = batch.Count;
        if (_keys.Length < count)
        {
            _keys = new TKey[Math.Max(count, batch.Capacity) + Batch<T>.Stagger];
            _hashes = new ulong[_keys.Length];
        }

        int at = from;
        try
        {
            Select(_selector, batch.Values.AsSpan(0, count), _keys.AsSpan(0, count), ref at);
            at = -1;
            _hasher.HashAll(_keys.AsSpan(from, count - from), _hashes.AsSpan(from, count - from));
        }
        catch (Exception e)
        {
            throw KeyError(batch, at, from, e);
        }

        _prepared = batch;
        _preparedThrough = count;
    }

    // Apart from the try block, which would keep the position in memory.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Select(Func<T, TKey> selector, ReadOnlySpan<T> values, Span<TKey> keys, ref int at)
    {
        for (int i = at; i < values.Length && i < keys.Length; i++)
        {
            at = i;
            TKey key = selector(values[i]);
            StructCopy.Assign(ref keys[i], in key);
        }
    }

    private UserCodeException KeyError(Batch<T> batch, int at, int from, Exception e)
    {
        if (at < 0)
        {
            at = Array.FindIndex(_keys, from, batch.Count - from, key => key is null);
        }

        string what = at < 0 ? "hashing a key" : $"taking the key of the record {Describe.Value(batch.Values[at])}{(e is KeyTypeException ? ": the key is null" : "")}";
        return new UserCodeException(_setup.Name, _setup.Subtask, what, e);
    }

    private struct Cursor
    {
        public T[] Values;
        public long[] Timestamps;
        public TKey[] Keys;
        public ulong[] Hashes;
        public int Count;
        public int Capacity;

        public void Load(KeyedBatch<TKey, T> batch)
        {
            Values = batch.Values;
            Timestamps = batch.Timestamps;
            Keys = batch.Keys;
            Hashes = batch.Hashes;
            Count = batch.Count;
            Capacity = batch.Values.Length;
        }
    }
}
