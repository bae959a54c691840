using System.Numerics;
using System.Runtime.InteropServices;

namespace OrleansStream.Engine.Time;

/// <summary>Questions about many numbers, a vector at a time.</summary>
internal static class Longs
{
    /// <summary>The largest of the values and <paramref name="seed"/>.</summary>
    public static long Max(ReadOnlySpan<long> values, long seed)
    {
        Bounds(values, out _, out long greatest);
        return Math.Max(greatest, seed);
    }

    /// <summary>The smallest of the values; <see cref="long.MaxValue"/> if there are none.</summary>
    public static long Min(ReadOnlySpan<long> values)
    {
        Bounds(values, out long least, out _);
        return least;
    }

    /// <summary>The smallest and the largest of the values; <see cref="long.MaxValue"/> and <see cref="long.MinValue"/> if there are none.</summary>
    public static void Bounds(ReadOnlySpan<long> values, out long least, out long greatest)
    {
        least = long.MaxValue;
        greatest = long.MinValue;
        int i = 0;
        if (Vector.IsHardwareAccelerated && values.Length >= 2 * Vector<long>.Count)
        {
            ReadOnlySpan<Vector<long>> vectors = MemoryMarshal.Cast<long, Vector<long>>(values);
            Vector<long> min = vectors[0];
            Vector<long> max = min;
            int at = 1;
            if (vectors.Length >= 8)
            {
                // Four of each: one waits for the one before it.
                Vector<long> min1 = min, min2 = min, min3 = min;
                Vector<long> max1 = min, max2 = min, max3 = min;
                for (; at <= vectors.Length - 4; at += 4)
                {
                    ReadOnlySpan<Vector<long>> four = vectors.Slice(at, 4);
                    min = Vector.Min(min, four[0]);
                    max = Vector.Max(max, four[0]);
                    min1 = Vector.Min(min1, four[1]);
                    max1 = Vector.Max(max1, four[1]);
                    min2 = Vector.Min(min2, four[2]);
                    max2 = Vector.Max(max2, four[2]);
                    min3 = Vector.Min(min3, four[3]);
                    max3 = Vector.Max(max3, four[3]);
                }

                min = Vector.Min(Vector.Min(min, min1), Vector.Min(min2, min3));
                max = Vector.Max(Vector.Max(max, max1), Vector.Max(max2, max3));
            }

            for (; at < vectors.Length; at++)
            {
                min = Vector.Min(min, vectors[at]);
                max = Vector.Max(max, vectors[at]);
            }

            for (int lane = 0; lane < Vector<long>.Count; lane++)
            {
                least = Math.Min(least, min[lane]);
                greatest = Math.Max(greatest, max[lane]);
            }

            i = vectors.Length * Vector<long>.Count;
        }

        for (; i < values.Length; i++)
        {
            least = Math.Min(least, values[i]);
            greatest = Math.Max(greatest, values[i]);
        }
    }

    /// <summary>How many of the first values lie in an interval.</summary>
    /// <param name="values">The values.</param>
    /// <param name="start">The least value of the interval.</param>
    /// <param name="end">Behind the largest value of the interval.</param>
    public static int LeadingWithin(ReadOnlySpan<long> values, long start, long end)
    {
        ulong length = (ulong)(end - start);
        int i = 0;
        if (Vector.IsHardwareAccelerated)
        {
            Vector<long> origin = new(start);
            Vector<ulong> limit = new(length);
            while (i + Vector<long>.Count <= values.Length
                && Vector.LessThanAll(Vector.AsVectorUInt64(new Vector<long>(values[i..]) - origin), limit))
            {
                i += Vector<long>.Count;
            }
        }

        while (i < values.Length && (ulong)(values[i] - start) < length)
        {
            i++;
        }

        return i;
    }
}
