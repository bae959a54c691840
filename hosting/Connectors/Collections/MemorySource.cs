namespace OrleansStream;

/// <summary>Sources that emit the elements of a collection: for tests and small fixed inputs.</summary>
public static class MemorySource
{
    /// <summary>Emits the elements in their order, then ends.</summary>
    /// <typeparam name="T">The type of the records.</typeparam>
    /// <param name="items">
    /// The elements: the same ones whenever they are asked for, since every subtask and every restart enumerates anew. A list or array is read in place and must not change; anything else is
    /// enumerated once per reader.
    /// </param>
    public static MemorySource<T> Of<T>(IEnumerable<T> items)
    {
        ArgumentNullException.ThrowIfNull(items);
        return new MemorySource<T>(items, null, 1);
    }

    /// <summary>Emits the elements in their order with their timestamps, then ends.</summary>
    /// <typeparam name="T">The type of the records.</typeparam>
    /// <param name="items">The elements and their timestamps in milliseconds; as for the other overload.</param>
    public static MemorySource<T> Of<T>(IEnumerable<(T Value, long Timestamp)> items)
    {
        ArgumentNullException.ThrowIfNull(items);
        return new MemorySource<T>(null, items, 1);
    }
}
