namespace OrleansStream.Engine.State;

/// <summary>
/// A table as it was at a barrier. The background serializer reads it through <see cref="OpenReader"/> on its own thread while the
/// subtask's thread goes on with the table. When the reading is over (done, failed or given up, and the reader's thread has said so
/// to the subtask's), the subtask's thread calls <see cref="Release"/>; before that the reader must have stopped for good.
/// </summary>
/// <typeparam name="TKey">The key.</typeparam>
/// <typeparam name="TValue">The value.</typeparam>
public sealed class TableSnapshot<TKey, TValue>
{
    private readonly KeyedTable<TKey, TValue> _table;
    private Segment<TKey, TValue>[]? _directory;

    internal TableSnapshot(
        KeyedTable<TKey, TValue> table, Segment<TKey, TValue>[] directory, int shift, HashScale scale, long count, long version)
    {
        _table = table;
        _directory = directory;
        Shift = shift;
        Scale = scale;
        Count = count;
        Version = version;
    }

    /// <summary>The number of keys.</summary>
    public long Count { get; }

    /// <summary>The first key group of the table.</summary>
    public int FirstGroup => Scale.FirstGroup;

    /// <summary>The last key group of the table, inclusive.</summary>
    public int LastGroup => Scale.LastGroup;

    internal int Shift { get; }

    internal HashScale Scale { get; }

    /// <summary>The table's version that this is.</summary>
    internal long Version { get; }

    /// <summary>Segments that left the table and that no newer open snapshot holds. Belongs to the table's thread.</summary>
    internal List<Segment<TKey, TValue>> Retired { get; } = [];

    internal Segment<TKey, TValue>[] Directory =>
        Volatile.Read(ref _directory) ?? throw new InvariantViolatedException("A snapshot of a table was read after its release.");

    /// <summary>Makes a reader for one thread, which need not be the table's.</summary>
    /// <returns>The reader.</returns>
    public SnapshotReader<TKey, TValue> OpenReader() => new(this);

    /// <summary>Gives the segments back that only this snapshot held. Called once, on the table's thread, when no reader runs.</summary>
    public void Release()
    {
        _table.Release(this);
        Volatile.Write(ref _directory, null);
    }
}
