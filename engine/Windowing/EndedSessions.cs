using System.Runtime.CompilerServices;

namespace OrleansStream.Engine.Windowing;

/// <summary>
/// The sessions that a watermark ends, column by column, and how far they have fired. No state: after a restore those that had not fired are found again.
/// </summary>
internal sealed class EndedSessions<TKey>
{
    // What is longer is not kept for the next watermark.
    private const int MostKept = 1024 * 1024;

    // The ends of so many sessions a millisecond and more are put in order by counting.
    private const int FewestPerMs = 4;

    private TKey[] _keys = [];
    private ulong[] _hashes = [];
    private long[] _ends = [];
    private TKey[] _sortedKeys = [];
    private ulong[] _sortedHashes = [];
    private long[] _sortedEnds = [];
    private int[] _places = [];
    private int _count;

    /// <summary>Which of them fires next.</summary>
    public int At;

    public bool AllFired => At >= _count;

    public ReadOnlySpan<TKey> Keys => _sortedKeys.AsSpan(0, _count);

    public ReadOnlySpan<ulong> Hashes => _sortedHashes.AsSpan(0, _count);

    public ReadOnlySpan<long> Ends => _sortedEnds.AsSpan(0, _count);

    public void Clear()
    {
        if (_keys.Length > MostKept)
        {
            (_keys, _sortedKeys, _hashes, _sortedHashes, _ends, _sortedEnds, _places) = ([], [], [], [], [], [], []);
        }
        else if (RuntimeHelpers.IsReferenceOrContainsReferences<TKey>())
        {
            Array.Clear(_keys, 0, _count);
            Array.Clear(_sortedKeys, 0, _count);
        }

        _count = At = 0;
    }

    /// <summary>Makes room for so many more.</summary>
    public void Reserve(int more)
    {
        if (_count + more <= _keys.Length)
        {
            return;
        }

        int capacity = Math.Max(_count + more, 2 * _keys.Length);
        Array.Resize(ref _keys, capacity);
        Array.Resize(ref _hashes, capacity);
        Array.Resize(ref _ends, capacity);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Add(in TKey key, ulong hash, long end)
    {
        int at = _count;
        _keys[at] = key;
        _hashes[at] = hash;
        _ends[at] = end;
        _count = at + 1;
    }

    /// <summary>Puts them in the order of their ends.</summary>
    public void Sort()
    {
        if (_count == 0)
        {
            return;
        }

        if (_sortedKeys.Length < _count)
        {
            _sortedKeys = new TKey[_keys.Length];
            _sortedHashes = new ulong[_keys.Length];
            _sortedEnds = new long[_keys.Length];
        }

        ReadOnlySpan<long> ends = _ends.AsSpan(0, _count);
        long first = Time.Longs.Min(ends);
        long last = Time.Longs.Max(ends, long.MinValue);
        if ((ulong)(last - first) < (ulong)_count * FewestPerMs)
        {
            SortByCounting(ends, first, (int)(last - first) + 1);
        }
        else
        {
            SortByComparing(ends);
        }
    }

    private void SortByCounting(ReadOnlySpan<long> ends, long first, int different)
    {
        Span<int> places = Places(different);
        places.Clear();
        foreach (long end in ends)
        {
            places[(int)(end - first)]++;
        }

        int sum = 0;
        foreach (ref int place in places)
        {
            (place, sum) = (sum, sum + place);
        }

        for (int i = 0; i < ends.Length; i++)
        {
            Copy(i, places[(int)(ends[i] - first)]++);
        }
    }

    private void SortByComparing(ReadOnlySpan<long> ends)
    {
        Span<int> order = Places(ends.Length);
        for (int i = 0; i < order.Length; i++)
        {
            order[i] = i;
        }

        Span<long> sorted = _sortedEnds.AsSpan(0, ends.Length);
        ends.CopyTo(sorted);
        sorted.Sort(order);
        for (int i = 0; i < order.Length; i++)
        {
            Copy(order[i], i);
        }
    }

    private Span<int> Places(int count)
    {
        if (_places.Length < count)
        {
            _places = new int[Math.Max(count, 2 * _places.Length)];
        }

        return _places.AsSpan(0, count);
    }

    private void Copy(int from, int to)
    {
        _sortedKeys[to] = _keys[from];
        _sortedHashes[to] = _hashes[from];
        _sortedEnds[to] = _ends[from];
    }
}
