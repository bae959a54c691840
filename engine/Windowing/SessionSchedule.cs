namespace OrleansStream.Engine.Windowing;

/// <summary>
/// When sessions end: keys in buckets of a short time each. An entry is looked at when its bucket comes due; a session that has grown meanwhile is entered anew, so that a record which extends a session changes nothing here.
/// An index over state, rebuilt on restore.
/// </summary>
internal sealed class SessionSchedule<TKey>(long widthMs)
{
    // A power of two, more than the buckets of a gap: those in use mostly have a place each.
    private const int NearBuckets = 2048;

    private readonly Dictionary<long, Bucket> _buckets = [];
    private readonly PriorityQueue<long, long> _order = new();
    private readonly Stack<Bucket> _free = new();
    private readonly Bucket?[] _near = new Bucket?[NearBuckets];

    public void Add(in TKey key, ulong hash, long due)
    {
        long number = NumberOf(due);
        Bucket? bucket = _near[number & (NearBuckets - 1)];
        if (bucket is null || bucket.Number != number)
        {
            bucket = Find(number);
        }

        bucket.Add(in key, hash, due);
    }

    /// <summary>The first bucket that may hold a session that ends at or before a watermark.</summary>
    public bool TryPeek(long watermark, out Bucket bucket)
    {
        if (_order.TryPeek(out long number, out _) && WindowTime.IsDue(number * widthMs, watermark))
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
        ref Bucket? near = ref _near[number & (NearBuckets - 1)];
        if (ReferenceEquals(near, bucket))
        {
            near = null;
        }

        bucket!.Clear();
        _free.Push(bucket);
    }

    public long NumberOf(long due)
    {
        if (widthMs == 1)
        {
            return due;
        }

        long quotient = Math.DivRem(due, widthMs, out long remainder);
        return remainder < 0 ? quotient - 1 : quotient;
    }

    private Bucket Find(long number)
    {
        if (!_buckets.TryGetValue(number, out Bucket? bucket))
        {
            bucket = _free.TryPop(out Bucket? used) ? used : new Bucket();
            bucket.Number = number;
            _buckets.Add(number, bucket);
            _order.Enqueue(number, number);
        }

        return _near[number & (NearBuckets - 1)] = bucket;
    }

    /// <summary>A session's key, and the end under which the session was entered.</summary>
    internal struct Entry
    {
        public TKey Key;
        public long Due;
    }

    /// <summary>Entries, with their hashes apart.</summary>
    internal sealed class Bucket
    {
        private Entry[] _entries = new Entry[16];
        private ulong[] _hashes = new ulong[16];

        public long Number { get; set; }

        public int Count { get; private set; }

        /// <summary>The first end among the entries, or an earlier one.</summary>
        public long FirstDue { get; private set; } = long.MaxValue;

        public ReadOnlySpan<ulong> Hashes => _hashes.AsSpan(0, Count);

        public Span<Entry> Entries => _entries.AsSpan(0, Count);

        public ulong HashAt(int i) => _hashes[i];

        public void Add(in TKey key, ulong hash, long due)
        {
            int at = Count;
            if (at >= _entries.Length || at >= _hashes.Length)
            {
                Grow();
            }

            _entries[at].Key = key;
            _entries[at].Due = due;
            _hashes[at] = hash;
            Count = at + 1;
            FirstDue = Math.Min(FirstDue, due);
        }

        /// <summary>Makes one entry of the place of another.</summary>
        public void Move(int from, int to)
        {
            _entries[to] = _entries[from];
            _hashes[to] = _hashes[from];
        }

        /// <summary>Drops the entries from a place on; the first end is looked for anew.</summary>
        public void Truncate(int count)
        {
            Array.Clear(_entries, count, Count - count);
            Count = count;
            FirstDue = long.MaxValue;
            foreach (ref readonly Entry entry in Entries)
            {
                FirstDue = Math.Min(FirstDue, entry.Due);
            }
        }

        public void Clear()
        {
            Array.Clear(_entries, 0, Count);
            Count = 0;
            FirstDue = long.MaxValue;
        }

        private void Grow()
        {
            Array.Resize(ref _entries, Count * 2);
            Array.Resize(ref _hashes, Count * 2);
        }
    }
}
