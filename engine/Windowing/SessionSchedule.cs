namespace OrleansStream.Engine.Windowing;

/// <summary>
/// When sessions end: keys in buckets of a short time each. An entry is looked at when its bucket comes due; a session that has grown meanwhile is entered anew, so that a record which extends a session changes nothing here.
/// An index over state, rebuilt on restore.
/// </summary>
internal sealed class SessionSchedule<TKey>(long widthMs)
{
    private readonly Dictionary<long, Bucket> _buckets = [];
    private readonly PriorityQueue<long, long> _order = new();
    private readonly Stack<Bucket> _free = new();
    private Bucket? _last;
    private long _lastNumber;

    public void Add(in TKey key, ulong hash, long due)
    {
        long number = NumberOf(due);
        if (_last is null || number != _lastNumber)
        {
            if (!_buckets.TryGetValue(number, out Bucket? bucket))
            {
                bucket = _free.TryPop(out Bucket? used) ? used : new Bucket();
                _buckets.Add(number, bucket);
                _order.Enqueue(number, number);
            }

            _last = bucket;
            _lastNumber = number;
        }

        _last.Add(in key, hash, due);
    }

    /// <summary>The first bucket that may hold a session that ends at or before a watermark.</summary>
    public bool TryPeek(long watermark, out long number, out Bucket bucket)
    {
        if (_order.TryPeek(out number, out _) && WindowTime.IsDue(number * widthMs, watermark))
        {
            bucket = _buckets[number];
            return bucket.Count == 0 || WindowTime.IsDue(bucket.FirstDue, watermark);
        }

        bucket = null!;
        return false;
    }

    /// <summary>The first bucket.</summary>
    public Bucket First => _buckets[_order.Peek()];

    /// <summary>Gives up the first bucket.</summary>
    public void RemoveFirst()
    {
        long number = _order.Dequeue();
        _buckets.Remove(number, out Bucket? bucket);
        bucket!.Clear();
        _free.Push(bucket);
        _last = null;
    }

    public long NumberOf(long due)
    {
        long quotient = Math.DivRem(due, widthMs, out long remainder);
        return remainder < 0 ? quotient - 1 : quotient;
    }

    /// <summary>Entries, column by column.</summary>
    internal sealed class Bucket
    {
        private TKey[] _keys = new TKey[16];
        private ulong[] _hashes = new ulong[16];
        private long[] _dues = new long[16];

        public int Count { get; private set; }

        /// <summary>The first end among the entries, or an earlier one.</summary>
        public long FirstDue { get; private set; } = long.MaxValue;

        public ReadOnlySpan<ulong> Hashes => _hashes.AsSpan(0, Count);

        public Span<long> Dues => _dues.AsSpan(0, Count);

        public ref readonly TKey KeyAt(int i) => ref _keys[i];

        public ulong HashAt(int i) => _hashes[i];

        public void Add(in TKey key, ulong hash, long due)
        {
            if (Count == _keys.Length)
            {
                Array.Resize(ref _keys, Count * 2);
                Array.Resize(ref _hashes, Count * 2);
                Array.Resize(ref _dues, Count * 2);
            }

            _keys[Count] = key;
            _hashes[Count] = hash;
            _dues[Count] = due;
            Count++;
            FirstDue = Math.Min(FirstDue, due);
        }

        /// <summary>Makes one entry of the place of another.</summary>
        public void Move(int from, int to)
        {
            _keys[to] = _keys[from];
            _hashes[to] = _hashes[from];
            _dues[to] = _dues[from];
        }

        /// <summary>Drops the entries from a place on; the first end is looked for anew.</summary>
        public void Truncate(int count)
        {
            Array.Clear(_keys, count, Count - count);
            Count = count;
            FirstDue = Time.Longs.Min(Dues);
        }

        public void Clear()
        {
            Array.Clear(_keys, 0, Count);
            Count = 0;
            FirstDue = long.MaxValue;
        }
    }
}
