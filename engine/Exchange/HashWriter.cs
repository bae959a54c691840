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
    private readonly HashPartition _partition;
    private readonly int _longestRun;
    private TKey[] _keys = [];
    private ulong[] _hashes = [];
    private Batch<T>? _prepared;
    private int _preparedThrough;

    public HashWriter(OperatorSetup setup, Func<T, TKey> selector, Channel[] channels, int maxParallelism, int batchSize, long timeoutMs)
        : base(channels, batchSize, timeoutMs)
    {
        _setup = setup;
        _selector = selector;
        _partition = new HashPartition(maxParallelism, channels.Length);
        _longestRun = Math.Min(batchSize, HashPartition.LongestRun);
    }

    protected override int ExtraBytes => sizeof(ulong) + (KeyedBatch<TKey, T>.HasKeys ? Unsafe.SizeOf<TKey>() : 0);

    protected override KeyedBatch<TKey, T> NewBatch(int capacity) => new(capacity);

    protected override int Distribute(Batch<T> batch, int from)
    {
        if (!ReferenceEquals(_prepared, batch) || _preparedThrough < batch.Count || from == 0)
        {
            Prepare(batch, from);
        }

        // A run goes out whole: of no receiver more than one batch and a part of another waits then.
        int at = from;
        bool hasRoom = true;
        while (at < batch.Count && hasRoom)
        {
            int n = Math.Min(batch.Count - at, _longestRun);
            _partition.Sort(_hashes.AsSpan(at, n));
            for (int to = 0; to < Lanes.Length; to++)
            {
                hasRoom &= Append(batch, at, n, to);
            }

            at += n;
        }

        return Taken(at - from, batch.Count - from);
    }

    private bool Append(Batch<T> batch, int at, int n, int to)
    {
        ReadOnlySpan<ushort> mine = _partition.Of(to);
        Lane<KeyedBatch<TKey, T>> lane = Lanes[to];
        bool hasRoom = true;
        int passed = 0;
        while (mine.Length > 0)
        {
            KeyedBatch<TKey, T> target = Open(lane);
            ReadOnlySpan<ushort> now = mine[..Math.Min(mine.Length, target.Capacity - target.Count)];
            if (now.Length == n)
            {
                batch.Values.AsSpan(at, n).CopyTo(target.Values.AsSpan(target.Count));
                batch.Timestamps.AsSpan(at, n).CopyTo(target.Timestamps.AsSpan(target.Count));
                _hashes.AsSpan(at, n).CopyTo(target.Hashes.AsSpan(target.Count));
                if (KeyedBatch<TKey, T>.HasKeys)
                {
                    _keys.AsSpan(at, n).CopyTo(target.Keys.AsSpan(target.Count));
                }
            }
            else if (!KeyedBatch<TKey, T>.HasKeys && _partition.CanPick)
            {
                // All records of this run up to the last that goes into this batch.
                int through = now[^1] + 1;
                Pick(batch, at + passed, through - passed, to, target);
                GatherValues(batch, at, now, target);
                passed = through;
            }
            else
            {
                Gather(batch, at, now, target);
            }

            target.Count += now.Length;
            mine = mine[now.Length..];
            if (target.Count == target.Capacity)
            {
                hasRoom &= OnFull(lane);
            }
        }

        return hasRoom;
    }

    // Lists that are of one partition point into the run, and the target has room for as many as they are long: both hold where this is called.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Gather(Batch<T> batch, int at, ReadOnlySpan<ushort> list, KeyedBatch<TKey, T> target)
    {
        int to = target.Count;
        ref T values = ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(batch.Values), at);
        ref long timestamps = ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(batch.Timestamps), at);
        ref TKey keys = ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(_keys), at);
        ref ulong hashes = ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(_hashes), at);
        ref T toValues = ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(target.Values), to);
        ref long toTimestamps = ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(target.Timestamps), to);
        ref TKey toKeys = ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(target.Keys), to);
        ref ulong toHashes = ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(target.Hashes), to);
        for (nint j = 0; j < list.Length; j++)
        {
            nint i = list[(int)j];
            Unsafe.Add(ref toValues, j) = Unsafe.Add(ref values, i);
            Unsafe.Add(ref toTimestamps, j) = Unsafe.Add(ref timestamps, i);
            Unsafe.Add(ref toHashes, j) = Unsafe.Add(ref hashes, i);
            if (KeyedBatch<TKey, T>.HasKeys)
            {
                Unsafe.Add(ref toKeys, j) = Unsafe.Add(ref keys, i);
            }
        }
    }

    private void Pick(Batch<T> batch, int from, int count, int subtask, KeyedBatch<TKey, T> target)
    {
        int to = target.Count;
        _partition.Pick(
            subtask,
            count,
            ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(_hashes), from),
            ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(batch.Timestamps), from),
            ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(target.Hashes), to),
            ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(target.Timestamps), to));
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void GatherValues(Batch<T> batch, int at, ReadOnlySpan<ushort> list, KeyedBatch<TKey, T> target)
    {
        ref T values = ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(batch.Values), at);
        ref T toValues = ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(target.Values), target.Count);
        for (nint j = 0; j < list.Length; j++)
        {
            Unsafe.Add(ref toValues, j) = Unsafe.Add(ref values, (nint)list[(int)j]);
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
}
