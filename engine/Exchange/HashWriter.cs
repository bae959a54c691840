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

    public HashWriter(OperatorSetup setup, Func<T, TKey> selector, Channel[] channels, int maxParallelism, int batchSize, long timeoutMs)
        : base(channels, batchSize, timeoutMs)
    {
        _setup = setup;
        _selector = selector;
        _maxParallelism = (ulong)maxParallelism;
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

        int count = batch.Count;
        ReadOnlySpan<T> values = batch.Values.AsSpan(0, count);
        ReadOnlySpan<long> timestamps = batch.Timestamps.AsSpan(0, count);
        ReadOnlySpan<TKey> keys = _keys.AsSpan(0, count);
        ReadOnlySpan<ulong> hashes = _hashes.AsSpan(0, count);
        ref ushort groups = ref MemoryMarshal.GetArrayDataReference(_subtaskOfGroup);
        Lane<KeyedBatch<TKey, T>>[] lanes = Lanes;
        ulong maxParallelism = _maxParallelism;
        for (int i = from; i < values.Length; i++)
        {
            ulong hash = hashes[i];
            // The group is below maxParallelism because the high half of the hash is below 2^32.
            Lane<KeyedBatch<TKey, T>> lane = lanes[Unsafe.Add(ref groups, (nint)(((hash >> 32) * maxParallelism) >> 32))];
            KeyedBatch<TKey, T> target = Open(lane);
            int n = target.Count;
            target.Values[n] = values[i];
            target.Timestamps[n] = timestamps[i];
            target.Keys[n] = keys[i];
            target.Hashes[n] = hash;
            target.Count = ++n;
            if (n == target.Values.Length && !OnFull(lane))
            {
                return Taken(i + 1 - from, count - from);
            }
        }

        return Taken(count - from, count - from);
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
            _keys = new TKey[Math.Max(count, batch.Capacity)];
            _hashes = new ulong[_keys.Length];
        }

        Func<T, TKey> selector = _selector;
        ReadOnlySpan<T> values = batch.Values.AsSpan(0, count);
        Span<TKey> keys = _keys.AsSpan(0, count);
        int i = from;
        try
        {
            for (; i < values.Length; i++)
            {
                keys[i] = selector(values[i]);
            }
        }
        catch (Exception e)
        {
            throw new UserCodeException(_setup.Name, _setup.Subtask, $"taking the key of the record {Describe.Value(values[i])}", e);
        }

        try
        {
            _hasher.HashAll(keys[from..], _hashes.AsSpan(from, count - from));
        }
        catch (KeyTypeException e)
        {
            for (i = from; i < count && keys[i] is not null; i++)
            {
            }

            throw new UserCodeException(
                _setup.Name, _setup.Subtask, i < count ? $"taking the key of the record {Describe.Value(values[i])}: the key is null" : "hashing a key", e);
        }

        _prepared = batch;
        _preparedThrough = count;
    }
}
