using System.Diagnostics;

namespace OrleansStream.Bench.Workloads;

/// <summary>Adds up what the sinks of a run took, and notes when its first event was made.</summary>
public sealed class WorkloadTally(int subtasks)
{
    private readonly long[] _counts = new long[subtasks * 16];
    private readonly ulong[] _sums = new ulong[subtasks * 16];
    private long _firstEvent;

    /// <summary>Records that came to the sinks.</summary>
    public long Count => _counts.Sum();

    /// <summary>The checksum over them.</summary>
    public ulong Sum
    {
        get
        {
            ulong sum = 0;
            foreach (ulong part in _sums)
            {
                sum += part;
            }

            return sum;
        }
    }

    /// <summary>When the first event was made, as a <see cref="Stopwatch"/> timestamp.</summary>
    public long FirstEvent => Volatile.Read(ref _firstEvent);

    /// <summary>A source begins.</summary>
    public void Begin() => Interlocked.CompareExchange(ref _firstEvent, Stopwatch.GetTimestamp(), 0);

    /// <summary>A sink took records. Each subtask adds to numbers of its own, cache lines apart.</summary>
    /// <param name="subtask">The sink's subtask.</param>
    /// <param name="count">How many.</param>
    /// <param name="sum">Their checksum.</param>
    public void Add(int subtask, long count, ulong sum)
    {
        _counts[subtask * 16] += count;
        _sums[subtask * 16] += sum;
    }
}
