using System.Runtime.CompilerServices;

namespace OrleansStream.Engine.Windowing;

/// <summary>
/// The sessions that a watermark has ended, in the order of their ends, and how far they have fired. They were taken out of the tables and go back there before a snapshot, so that they are state as the others are.
/// </summary>
internal sealed class EndedSessions<TKey, TAcc>
{
    // What is longer is not kept for the next watermark.
    private const int MostKept = 1024 * 1024;

    // The ends of so many sessions a millisecond and more are put in order by counting.
    private const int FewestPerMs = 4;

    private Entry[] _entries = [];
    private int[] _order = [];
    private int[] _places = [];
    private long[] _ends = [];
    private int _count;

    /// <summary>Which of them fires next.</summary>
    public int At;

    public bool AllFired => At >= _count;

    public int Count => _count;

    /// <summary>The session at a place in the order, after <see cref="Sort"/>.</summary>
    public ref readonly Entry this[int i]
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => ref _entries[_order[i]];
    }

    public void Clear()
    {
        if (_entries.Length > MostKept)
        {
            (_entries, _order, _places, _ends) = ([], [], [], []);
        }
        else if (RuntimeHelpers.IsReferenceOrContainsReferences<Entry>())
        {
            Array.Clear(_entries, 0, _count);
        }

        _count = At = 0;
    }

    /// <summary>Makes room for so many more.</summary>
    public void Reserve(int more)
    {
        if (_count + more > _entries.Length)
        {
            Array.Resize(ref _entries, Math.Max(_count + more, 2 * _entries.Length));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Add(in TKey key, in Session<TAcc> session)
    {
        ref Entry entry = ref _entries[_count++];
        entry.Key = key;
        entry.Session = session;
    }

    /// <summary>Puts them in the order of their ends.</summary>
    public void Sort()
    {
        if (_count == 0)
        {
            return;
        }

        if (_order.Length < _count)
        {
            _order = new int[_entries.Length];
        }

        long first = long.MaxValue;
        long last = long.MinValue;
        foreach (ref Entry entry in _entries.AsSpan(0, _count))
        {
            first = Math.Min(first, entry.Session.End);
            last = Math.Max(last, entry.Session.End);
        }

        if ((ulong)(last - first) < (ulong)_count * FewestPerMs)
        {
            SortByCounting(first, (int)(last - first) + 1);
        }
        else
        {
            SortByComparing();
        }
    }

    private void SortByCounting(long first, int different)
    {
        if (_places.Length < different)
        {
            _places = new int[Math.Max(different, 2 * _places.Length)];
        }

        Span<int> places = _places.AsSpan(0, different);
        ReadOnlySpan<Entry> entries = _entries.AsSpan(0, _count);
        Span<int> order = _order.AsSpan(0, _count);
        places.Clear();
        foreach (ref readonly Entry entry in entries)
        {
            places[(int)(entry.Session.End - first)]++;
        }

        int sum = 0;
        foreach (ref int place in places)
        {
            (place, sum) = (sum, sum + place);
        }

        for (int i = 0; i < entries.Length; i++)
        {
            order[places[(int)(entries[i].Session.End - first)]++] = i;
        }
    }

    private void SortByComparing()
    {
        if (_ends.Length < _count)
        {
            _ends = new long[_entries.Length];
        }

        for (int i = 0; i < _count; i++)
        {
            _ends[i] = _entries[i].Session.End;
            _order[i] = i;
        }

        _ends.AsSpan(0, _count).Sort(_order.AsSpan(0, _count));
    }

    /// <summary>A session and its key.</summary>
    internal struct Entry
    {
        public TKey Key;
        public Session<TAcc> Session;
    }
}
