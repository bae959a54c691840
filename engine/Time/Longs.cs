using System.Numerics;
using System.Runtime.InteropServices;

namespace OrleansStream.Engine.Time;

/// <summary>Questions about many numbers, a vector at a time.</summary>
internal static class Longs
{
    /// <summary>The largest of the values and <paramref name="seed"/>.</summary>
    public static long Max(ReadOnlySpan<long> values, long seed)
    {
        int i = 0;
        if (Vector.IsHardwareAccelerated && values.Length >= 2 * Vector<long>.Count)
        {
            ReadOnlySpan<Vector<long>> vectors = MemoryMarshal.Cast<long, Vector<long>>(values);
            Vector<long> max = new(seed);
            foreach (Vector<long> vector in vectors)
            {
                max = Vector.Max(max, vector);
            }

            for (int lane = 0; lane < Vector<long>.Count; lane++)
            {
                seed = Math.Max(seed, max[lane]);
            }

            i = vectors.Length * Vector<long>.Count;
        }

        for (; i < values.Length; i++)
        {
            seed = Math.Max(seed, values[i]);
        }

        return seed;
    }

    /// <summary>The smallest of the values; <see cref="long.MaxValue"/> if there are none.</summary>
    public static long Min(ReadOnlySpan<long> values)
    {
        long min = long.MaxValue;
        int i = 0;
        if (Vector.IsHardwareAccelerated && values.Length >= 2 * Vector<long>.Count)
        {
            ReadOnlySpan<Vector<long>> vectors = MemoryMarshal.Cast<long, Vector<long>>(values);
            Vector<long> all = new(min);
            foreach (Vector<long> vector in vectors)
            {
                all = Vector.Min(all, vector);
            }

            for (int lane = 0; lane < Vector<long>.Count; lane++)
            {
                min = Math.Min(min, all[lane]);
            }

            i = vectors.Length * Vector<long>.Count;
        }

        for (; i < values.Length; i++)
        {
            min = Math.Min(min, values[i]);
        }

        return min;
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
