using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
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
