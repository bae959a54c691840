namespace OrleansStream.Engine.State;

/// <summary>
/// A walk over the entries of a <see cref="KeyedTable{TKey, TValue}"/>, key group by key group. It may be kept in a field and continued
/// later, also after snapshots, as long as no key was added and none removed but the visited one. Used on the table's thread.
/// </summary>
/// <typeparam name="TKey">The key.</typeparam>
/// <typeparam name="TValue">The value.</typeparam>
public struct TableCursor<TKey, TValue>
{
    private readonly long _adds;
    private KeyedTable<TKey, TValue>? _table;
    private long _removes;
    private ulong _hash;
    private int _index;

    // A segment is walked from a free slot round to it again. Runs of entries do not cross a free slot, so an entry that moves back
    // into the place of a removed one was not visited before, and is visited at that place next.
    private nuint _origin;
    private nuint _step;
    private bool _inSegment;

    internal TableCursor(KeyedTable<TKey, TValue> table, long adds, long removes)
    {
        _table = table;
        _adds = adds;
        _removes = removes;
    }

    /// <summary>The visited entry's key.</summary>
    public readonly TKey Key => Table.SegmentAt(_index).KeyAt(At);

    /// <summary>The visited entry's hash.</summary>
    public readonly ulong Hash => _hash;

    /// <summary>The visited entry's value, to read.</summary>
    public readonly ref readonly TValue Value => ref Table.ValueForRead(_index, At);

    private readonly KeyedTable<TKey, TValue> Table =>
        _table ?? throw new InvariantViolatedException("A table's cursor was asked for an entry after its end.");

    private readonly nuint At => (_origin + _step) & Table.SegmentAt(_index).Mask;

    /// <summary>The visited entry's value, to write; copies the segment if a snapshot shares it.</summary>
    /// <returns>The value's place.</returns>
    public readonly ref TValue ValueForWrite() => ref Table.ValueForWrite(_index, At);

    /// <summary>Removes the visited entry; the next call must be <see cref="MoveNext"/> or <see cref="Close"/>.</summary>
    public readonly void Remove() => Table.RemoveVisited(_index, At);

    /// <summary>Goes to the next entry.</summary>
    /// <returns>Whether there is one; without, the cursor is closed.</returns>
    public bool MoveNext()
    {
        if (_table is null)
        {
            return false;
        }
        if (_table.WasVisitedRemoved(_hash, _adds, ref _removes))
        {
            _step--;
        }
        while (_index < _table.DirectoryLength)
        {
            Segment<TKey, TValue> segment = _table.SegmentAt(_index);
            if (!_inSegment && segment.Count != 0)
            {
                _origin = segment.FirstFree();
                _step = 0;
                _inSegment = true;
            }
            if (_inSegment)
            {
                while (++_step <= segment.Mask)
                {
                    ulong hash = segment.HashAt((_origin + _step) & segment.Mask);
                    if (hash != segment.Free)
                    {
                        _hash = hash;
                        return true;
                    }
                }
            }
            _inSegment = false;
            _index += _table.SpanAt(_index);
        }
        Close();
        return false;
    }

    /// <summary>Goes on by as many entries as fit and copies them out; afterwards the last of them is the visited one.</summary>
    /// <param name="keys">Receives the keys.</param>
    /// <param name="values">Receives the values, to read; as long as <paramref name="keys"/>.</param>
    /// <returns>How many there were; fewer than fit at the end, when the cursor is closed.</returns>
    public int Read(Span<TKey> keys, Span<TValue> values)
    {
        int n = 0;
        while (n < keys.Length && MoveNext())
        {
            keys[n] = Key;
            values[n] = Value;
            n++;
            if (SlotLayout<TKey, TValue>.IsNative)
            {
                n = ReadSegment(keys, values, n);
            }
        }

        return n;
    }

    // Every slot is copied and the place moves on only behind one in use: a branch on that would be guessed wrong for a third of them.
    private int ReadSegment(Span<TKey> keys, Span<TValue> values, int n)
    {
        Segment<TKey, TValue> segment = Table.SegmentAt(_index);
        ulong free = segment.Free;
        nuint mask = segment.Mask;
        nuint origin = _origin;
        nuint step = _step;
        nuint visited = step;
        ulong last = _hash;
        while (step < mask && n < keys.Length && n < values.Length)
        {
            step++;
            nuint at = (origin + step) & mask;
            keys[n] = segment.KeyAt(at);
            values[n] = segment.ValueAt(at);
            ulong hash = segment.HashAt(at);
            n += hash != free ? 1 : 0;
            last = hash != free ? hash : last;
            visited = hash != free ? step : visited;
        }

        _step = visited;
        _hash = last;
        return n;
    }

    /// <summary>Ends the walk early. (While a cursor is open, the table does not shrink.)</summary>
    public void Close()
    {
        _table?.CursorClosed();
        _table = null;
    }
}
