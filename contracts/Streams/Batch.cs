using System.Runtime.CompilerServices;

namespace OrleansStream;

/// <summary>
/// A run of records of one type between two control elements: an array of values, an array of timestamps, a count. Owned by exactly one
/// tasklet at a time; ownership moves with the batch, so nothing in it is ever shared between threads.
/// </summary>
/// <typeparam name="T">The type of the records.</typeparam>
public class Batch<T>
{
    /// <summary>The timestamp of a record that has none.</summary>
    public const long NoTimestamp = long.MinValue;

    /// <summary>
    /// What every column but the first is longer than its batch's capacity. Columns of a power of two follow each other in memory at distances of whole pages; written side by side they would
    /// compete for the same few lines of the first-level cache.
    /// </summary>
    internal const int Stagger = 72;

    internal T[] Values;
    internal long[] Timestamps;
    internal int Count;

    internal Batch(int capacity)
    {
        Values = new T[capacity];
        Timestamps = new long[capacity + Stagger];
    }

    internal int Capacity => Values.Length;

    /// <summary>Appends one record; the caller has made sure that there is room.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void Add(in T value, long timestamp)
    {
        int n = Count;
        StructCopy.Assign(ref Values[n], in value);
        Timestamps[n] = timestamp;
        Count = n + 1;
    }

    /// <summary>Enlarges the arrays, keeping what they hold.</summary>
    internal virtual void Resize(int capacity)
    {
        Array.Resize(ref Values, capacity);
        Array.Resize(ref Timestamps, capacity + Stagger);
    }

    /// <summary>Empties the batch before it is used again; references are dropped so that the records can be collected.</summary>
    internal virtual void Reset()
    {
        if (RuntimeHelpers.IsReferenceOrContainsReferences<T>())
        {
            Array.Clear(Values, 0, Count);
        }

        Count = 0;
    }
}
