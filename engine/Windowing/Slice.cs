using OrleansStream.Engine.State;

namespace OrleansStream.Engine.Windowing;

/// <summary>A slice of time with the accumulators of the keys that have records in it.</summary>
internal sealed class Slice<TKey, TAcc>(long start, long end, long firstEnd, long lastEnd, KeyedTable<TKey, TAcc> table)
{
    public readonly long Start = start;
    public readonly long End = end;

    /// <summary>The end of the first window that holds the slice.</summary>
    public readonly long FirstEnd = firstEnd;

    /// <summary>The end of the last window that holds the slice; when that is dead the slice is dropped.</summary>
    public readonly long LastEnd = lastEnd;

    public readonly KeyedTable<TKey, TAcc> Table = table;
}
