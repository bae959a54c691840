using System.Numerics;

namespace OrleansStream.Bench.Latency;

/// <summary>Counts latencies in buckets 6 % apart: 16 to each power of two of nanoseconds. Each subtask has its own part.</summary>
public sealed class LatencyHistogram(int subtasks)
{
    private const int Buckets = 64 * 16;
    private readonly long[][] _parts = [.. Enumerable.Range(0, subtasks).Select(_ => new long[Buckets])];

    /// <summary>The records counted.</summary>
    public long Count => _parts.Sum(p => p.Sum());

    /// <summary>The bucket of a latency.</summary>
    /// <param name="ns">Nanoseconds.</param>
    public static int BucketOf(long ns)
    {
        ulong value = (ulong)Math.Max(ns, 16);
        int log = BitOperations.Log2(value);
        return (log * 16) + (int)((value >> (log - 4)) & 15);
    }

    /// <summary>The counts of a subtask.</summary>
    /// <param name="subtask">The subtask.</param>
    public long[] Part(int subtask) => _parts[subtask];

    /// <summary>The latency that a share of the records does not exceed, in milliseconds: the upper end of its bucket.</summary>
    /// <param name="share">From 0 to 1.</param>
    public double PercentileMs(double share)
    {
        long wanted = (long)Math.Ceiling(share * Count);
        long seen = 0;
        for (int bucket = 0; bucket < Buckets; bucket++)
        {
            foreach (long[] part in _parts)
            {
                seen += part[bucket];
            }

            if (seen >= wanted)
            {
                int log = bucket / 16;
                return Math.ScaleB(1 + (((bucket % 16) + 1) / 16.0), log) / 1e6;
            }
        }

        return double.NaN;
    }
}
