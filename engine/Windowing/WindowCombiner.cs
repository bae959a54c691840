using System.Runtime.CompilerServices;
using OrleansStream.Engine.State;

namespace OrleansStream.Engine.Windowing;

/// <summary>
/// Puts the windows of overlapping slices together with few merges per key and slide, whatever the overlap: slices are grouped into blocks as long as a window, so that a window is the tail of one
/// block and the head of the next. Tails are made once per block from its end, heads grow slice by slice (van Herk 1992, Gil and Werman 1993). Where blocks begin depends on
/// time alone, so a window is always merged in the same order, also after a restore. Tails and heads are not state: they are dropped when a late record changes a slice below them, and made anew.
/// </summary>
internal sealed class WindowCombiner<TKey, TIn, TAcc, TOut, TAggregate>(SliceStore<TKey, TAcc> store, SliceGrid grid, TAggregate aggregate)
    where TAggregate : IAggregate<TIn, TAcc, TOut>
{
    private readonly Dictionary<long, KeyedTable<TKey, TAcc>> _tails = [];
    private readonly List<KeyedTable<TKey, TAcc>> _owned = [];
    private TAggregate _aggregate = aggregate;
    private KeyedTable<TKey, TAcc>? _head;
    private long _tailBlock = long.MinValue;
    private long _headBlock = long.MinValue;
    private long _headThrough;

    /// <summary>The older part of the window that <see cref="Prepare"/> was called for; null if it is empty.</summary>
    public KeyedTable<TKey, TAcc>? Tail { get; private set; }

    /// <summary>The newer part of the window; null if it is empty.</summary>
    public KeyedTable<TKey, TAcc>? Head { get; private set; }

    /// <summary>Puts a window together.</summary>
    public void Prepare(long windowEnd)
    {
        int n = grid.SlicesPerWindow;
        long first = grid.IndexOf(windowEnd - grid.Size);
        long last = first + n - 1;
        long block = Floor(first, n);
        bool aligned = first == block * n;
        Tail = aligned ? null : TailFrom(block, first, n);
        Head = HeadThrough(aligned ? block : block + 1, last, n);
    }

    /// <summary>Drops what is made of slices that have changed.</summary>
    public void Invalidate()
    {
        foreach (KeyedTable<TKey, TAcc> table in _owned)
        {
            table.Clear();
        }

        _owned.Clear();
        _tails.Clear();
        _tailBlock = long.MinValue;
        DropHead();
        Tail = null;
        Head = null;
    }

    private static long Floor(long value, int divisor) => value >= 0 ? value / divisor : -((-value + divisor - 1) / divisor);

    private KeyedTable<TKey, TAcc>? TailFrom(long block, long index, int n)
    {
        if (_tailBlock != block)
        {
            foreach (KeyedTable<TKey, TAcc> table in _owned)
            {
                table.Clear();
            }

            _owned.Clear();
            _tails.Clear();
            _tailBlock = block;
            MakeTails(block, n);
        }

        // Slices without records have no tail of their own: the next younger one holds the same.
        for (long i = index; i < (block + 1) * n; i++)
        {
            if (_tails.TryGetValue(i, out KeyedTable<TKey, TAcc>? tail))
            {
                return tail;
            }
        }

        return null;
    }

    private void MakeTails(long block, int n)
    {
        KeyedTable<TKey, TAcc>? younger = null;
        for (int at = store.Slices.Count - 1; at >= 0; at--)
        {
            Slice<TKey, TAcc> slice = store.Slices[at];
            long index = grid.IndexOf(slice.Start);
            if (index >= (block + 1) * n || slice.Table.Count == 0)
            {
                continue;
            }

            if (index <= block * n)
            {
                break;
            }

            if (younger is null)
            {
                younger = slice.Table;
            }
            else
            {
                KeyedTable<TKey, TAcc> tail = store.NewTable();
                _owned.Add(tail);
                AddCopies(tail, slice.Table);
                MergeInto(tail, younger);
                younger = tail;
            }

            _tails.Add(index, younger);
        }
    }

    private KeyedTable<TKey, TAcc>? HeadThrough(long block, long last, int n)
    {
        if (_headBlock != block || _headThrough > last)
        {
            DropHead();
            _headBlock = block;
            _headThrough = (block * n) - 1;
        }

        for (int at = 0; at < store.Slices.Count; at++)
        {
            Slice<TKey, TAcc> slice = store.Slices[at];
            long index = grid.IndexOf(slice.Start);
            if (index > last)
            {
                break;
            }

            if (index > _headThrough)
            {
                _head ??= store.NewTable();
                MergeInto(_head, slice.Table);
            }
        }

        _headThrough = last;
        return _head;
    }

    private void AddCopies(KeyedTable<TKey, TAcc> into, KeyedTable<TKey, TAcc> from)
    {
        for (TableCursor<TKey, TAcc> cursor = from.OpenCursor(); cursor.MoveNext();)
        {
            into.GetOrAdd(cursor.Key, cursor.Hash, out _) = store.Copy(in cursor.Value);
        }
    }

    // What is in the table is older than what is merged into it.
    private void MergeInto(KeyedTable<TKey, TAcc> older, KeyedTable<TKey, TAcc> younger)
    {
        for (TableCursor<TKey, TAcc> cursor = younger.OpenCursor(); cursor.MoveNext();)
        {
            ref TAcc there = ref older.GetOrAdd(cursor.Key, cursor.Hash, out bool added);
            if (added)
            {
                there = store.Copy(in cursor.Value);
            }
            else
            {
                _aggregate.Merge(ref there, in cursor.Value);
            }
        }
    }

    private void DropHead()
    {
        _head?.Clear();
        _head = null;
        _headBlock = long.MinValue;
    }
}
