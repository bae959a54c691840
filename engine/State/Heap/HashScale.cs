using System.Numerics;
using System.Runtime.CompilerServices;

namespace OrleansStream.Engine.State;

/// <summary>
/// Stretches the hashes of a range of key groups over all 64 bits, keeping their order: whatever the parallelism, the top bits of a
/// position tell keys of one subtask apart, and positions ascend with the key group.
/// </summary>
internal readonly struct HashScale
{
    private readonly int _groupShift;
    private readonly int _maxParallelism;
    private readonly ulong _width;

    public HashScale(int firstGroup, int lastGroup, int maxParallelism)
    {
        if (maxParallelism < 1 || maxParallelism > 1 << 16 || !BitOperations.IsPow2(maxParallelism))
        {
            throw new InvariantViolatedException(
                $"A table was made for {maxParallelism} key groups; the number must be a power of two up to {1 << 16}.");
        }
        if (firstGroup < 0 || lastGroup < firstGroup || lastGroup >= maxParallelism)
        {
            throw new InvariantViolatedException(
                $"A table was made for the key groups {firstGroup} to {lastGroup} of {maxParallelism}, which is no range.");
        }
        FirstGroup = firstGroup;
        LastGroup = lastGroup;
        _maxParallelism = maxParallelism;
        _groupShift = 32 - BitOperations.Log2((uint)maxParallelism);
        _width = (ulong)(lastGroup - firstGroup + 1) << _groupShift;
        Low = (uint)((ulong)firstGroup << _groupShift);
        Factor = ulong.MaxValue / _width;
    }

    public int FirstGroup { get; }

    public int LastGroup { get; }

    /// <summary>The smallest upper half of a hash in the range.</summary>
    public uint Low { get; }

    public ulong Factor { get; }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int GroupOf(ulong hash) => (int)(((hash >> 32) * (ulong)_maxParallelism) >> 32);

    public bool Owns(ulong hash) => (ulong)((uint)(hash >> 32) - Low) < _width;

    /// <summary>The smallest position of a key of the group.</summary>
    public ulong FirstPosition(int group) => (((ulong)group << _groupShift) - Low) * Factor;

    /// <summary>The largest position that belongs to the group; the positions of the groups leave no gap.</summary>
    public ulong LastPosition(int group) => group == LastGroup ? ulong.MaxValue : FirstPosition(group + 1) - 1;
}
