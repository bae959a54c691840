using System.Runtime.CompilerServices;

namespace OrleansStream.Bench.Workloads;

/// <summary>The keys of one source: takes an event's hash to its key.</summary>
public readonly struct KeyRange
{
    private readonly ulong _count;
    private readonly ulong _reciprocal;
    private readonly long _stride;
    private readonly long _source;

    /// <summary>The keys of <paramref name="source"/> in a run of these sizes.</summary>
    public KeyRange(WorkloadParameters parameters, int source)
    {
        ArgumentNullException.ThrowIfNull(parameters);
        _count = (ulong)parameters.KeysPerSource;
        // 2^64 / count, rounded up: its product with a 44-bit dividend holds the exact remainder in its fraction while count is at most 2^20.
        _reciprocal = _count <= 1 << 20 ? (ulong.MaxValue / _count) + 1 : 0;
        _stride = parameters.Parallelism;
        _source = source;
    }

    /// <summary>The key of the event with this hash: the upper 44 bits modulo the source's keys, spread so that sources share no key.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public long KeyOf(ulong hash)
    {
        ulong upper = hash >> 20;
        ulong index = _reciprocal != 0 || _count == 1 ? Math.BigMul(_reciprocal * upper, _count, out _) : upper % _count;
        return ((long)index * _stride) + _source;
    }
}
