using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using OrleansStream.Keys;

namespace OrleansStream.Engine.Exchange;

/// <summary>
/// Sorts a run of records by the subtask that owns their keys, without moving them: the result is their order. With few subtasks each takes its own by comparing eight hashes at a time with the
/// bounds of its key groups; a counter per subtask, in memory, would make each record wait for the one before it. With many it is a counting sort.
/// </summary>
internal sealed class HashPartition
{
    /// <summary>The most records of a run.</summary>
    public const int LongestRun = 1024;

    private const int FewSubtasks = 16;
    private const int Block = 64;

    private readonly ulong[] _lowest;
    private readonly ulong[] _span;
    private readonly int _groupShift;
    private readonly ushort[] _subtaskOfGroup;
    private readonly ushort[] _targets = new ushort[LongestRun];
    private readonly ushort[] _order = new ushort[LongestRun + Block];
    private readonly int[] _starts;
    private readonly int[] _next;

    public HashPartition(int maxParallelism, int subtasks)
    {
        // A power of two, so that a key group is the top bits of the hash.
        _groupShift = 64 - BitOperations.Log2((uint)maxParallelism);
        _subtaskOfGroup = new ushort[maxParallelism];
        _lowest = new ulong[subtasks];
        _span = new ulong[subtasks];
        _starts = new int[subtasks + 1];
        _next = new int[subtasks];
        for (int subtask = 0; subtask < subtasks; subtask++)
        {
            KeyGroupRange range = KeyGroups.RangeOf(subtask, maxParallelism, subtasks);
            _lowest[subtask] = FirstHash(range.First);
            _span[subtask] = FirstHash(range.Last + 1) - 1 - _lowest[subtask];
            _subtaskOfGroup.AsSpan(range.First, range.Last - range.First + 1).Fill((ushort)subtask);
        }

        // One key group: its first hash is 0, and so is that behind the last, where the shift is by all bits.
        ulong FirstHash(int group) => _groupShift == 64 ? 0 : (ulong)group << _groupShift;
    }

    /// <summary>The places in the run, in order, of the records that go to a subtask.</summary>
    public ReadOnlySpan<ushort> Of(int subtask) => _order.AsSpan(_starts[subtask], _starts[subtask + 1] - _starts[subtask]);

    /// <summary>Whether <see cref="Pick"/> can be used.</summary>
    public bool CanPick => _lowest.Length <= FewSubtasks && Avx512F.IsSupported;

    /// <summary>
    /// Moves hashes and timestamps of the records that go to a subtask, in order, eight records at a time. The columns of the receiver lie in memory that another core has read: its stores are what the
    /// exchange costs, and this takes a quarter of them. Reads and writes up to seven elements behind what belongs there, for which all columns have room.
    /// </summary>
    /// <param name="subtask">The subtask.</param>
    /// <param name="records">How many records there are, of all subtasks.</param>
    /// <param name="hashes">The hashes of their keys.</param>
    /// <param name="timestamps">Their timestamps.</param>
    /// <param name="toHashes">Where the hashes go.</param>
    /// <param name="toTimestamps">Where the timestamps go.</param>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public void Pick(int subtask, int records, ref ulong hashes, ref long timestamps, ref ulong toHashes, ref long toTimestamps)
    {
        Vector512<ulong> lowest = Vector512.Create(_lowest[subtask]);
        Vector512<ulong> span = Vector512.Create(_span[subtask]);
        nint to = 0;
        nint at = 0;
        for (; at + Vector512<ulong>.Count <= records; at += Vector512<ulong>.Count)
        {
            Vector512<ulong> some = Vector512.LoadUnsafe(ref Unsafe.Add(ref hashes, at));
            Vector512<ulong> mine = Vector512.LessThanOrEqual(some - lowest, span);
            Avx512F.Compress(Vector512<ulong>.Zero, mine, some).StoreUnsafe(ref Unsafe.Add(ref toHashes, to));
            Avx512F.Compress(Vector512<long>.Zero, mine.AsInt64(), Vector512.LoadUnsafe(ref Unsafe.Add(ref timestamps, at))).StoreUnsafe(ref Unsafe.Add(ref toTimestamps, to));
            to += BitOperations.PopCount(mine.ExtractMostSignificantBits());
        }

        for (; at < records; at++)
        {
            Unsafe.Add(ref toHashes, to) = Unsafe.Add(ref hashes, at);
            Unsafe.Add(ref toTimestamps, to) = Unsafe.Add(ref timestamps, at);
            to += Unsafe.Add(ref hashes, at) - _lowest[subtask] <= _span[subtask] ? 1 : 0;
        }
    }

    public void Sort(ReadOnlySpan<ulong> hashes)
    {
        if (_lowest.Length <= FewSubtasks && Vector512.IsHardwareAccelerated)
        {
            int n = 0;
            for (int subtask = 0; subtask < _lowest.Length; subtask++)
            {
                _starts[subtask] = n;
                n = Take(hashes, _lowest[subtask], _span[subtask], n);
            }

            _starts[_lowest.Length] = n;
            return;
        }

        SortByCount(hashes);
    }

    // In a method of its own, so that everything stays in registers.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private int Take(ReadOnlySpan<ulong> hashes, ulong lowest, ulong span, int n)
    {
        ref ulong first = ref MemoryMarshal.GetReference(hashes);
        ref ushort order = ref MemoryMarshal.GetArrayDataReference(_order);
        Vector512<ulong> lowests = Vector512.Create(lowest);
        Vector512<ulong> spans = Vector512.Create(span);
        int i = 0;
        for (; i + Block <= hashes.Length; i += Block)
        {
            ulong mine = 0;
            for (int at = 0; at < Block; at += Vector512<ulong>.Count)
            {
                Vector512<ulong> offsets = Vector512.LoadUnsafe(ref first, (nuint)(i + at)) - lowests;
                mine |= Vector512.LessThanOrEqual(offsets, spans).ExtractMostSignificantBits() << at;
            }

            for (; mine != 0; mine &= mine - 1)
            {
                Unsafe.Add(ref order, n++) = (ushort)(i + BitOperations.TrailingZeroCount(mine));
            }
        }

        for (; i < hashes.Length; i++)
        {
            Unsafe.Add(ref order, n) = (ushort)i;
            n += Unsafe.Add(ref first, i) - lowest <= span ? 1 : 0;
        }

        return n;
    }

    private void SortByCount(ReadOnlySpan<ulong> hashes)
    {
        Array.Clear(_next);
        for (int i = 0; i < hashes.Length; i++)
        {
            // A shift by all 64 bits is none in .NET.
            ushort target = _groupShift == 64 ? (ushort)0 : _subtaskOfGroup[hashes[i] >> _groupShift];
            _targets[i] = target;
            _next[target]++;
        }

        int start = 0;
        for (int subtask = 0; subtask < _next.Length; subtask++)
        {
            _starts[subtask] = start;
            start += _next[subtask];
            _next[subtask] = _starts[subtask];
        }

        _starts[^1] = start;
        for (int i = 0; i < hashes.Length; i++)
        {
            _order[_next[_targets[i]]++] = (ushort)i;
        }
    }
}
