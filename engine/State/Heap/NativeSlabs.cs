using System.Numerics;
using System.Runtime.InteropServices;

namespace OrleansStream.Engine.State;

/// <summary>
/// Memory outside the managed heap, cut from large aligned slabs which the system is asked to back by huge pages (a random access to a
/// large table otherwise pays for a page walk). A freed block is kept for its size class; slabs are given back when the pool ends.
/// </summary>
internal sealed unsafe partial class NativeSlabs
{
    /// <summary>Larger blocks have memory of their own, which is freed at once.</summary>
    public const int LargestBlockBytes = 64 * 1024;

    private const int SmallestBlockBytes = 64;
    private const int HugePageBytes = 2 * 1024 * 1024;

    private readonly List<nint> _slabs = [];
    private readonly HashSet<nint> _large = [];
    private readonly nint[] _free = new nint[ClassOf(LargestBlockBytes, out _) + 1];
    private byte* _next;
    private byte* _end;

    public long ReservedBytes { get; private set; }

    /// <summary>The bytes that a block of this size really takes.</summary>
    public static long BlockBytes(long bytes)
    {
        if (bytes > LargestBlockBytes)
        {
            return bytes;
        }
        ClassOf((int)bytes, out int rounded);
        return rounded;
    }

    /// <summary>Gives memory with undefined content, aligned to a cache line.</summary>
    public void* Rent(long bytes)
    {
        if (bytes > LargestBlockBytes)
        {
            return RentLarge(bytes);
        }
        int sizeClass = ClassOf((int)bytes, out int rounded);
        nint block = _free[sizeClass];
        if (block != 0)
        {
            _free[sizeClass] = *(nint*)block;
            return (void*)block;
        }
        if (_end - _next < rounded)
        {
            AddSlab();
        }
        byte* fresh = _next;
        _next += rounded;
        return fresh;
    }

    public void Return(void* block, long bytes)
    {
        if (bytes > LargestBlockBytes)
        {
            if (!_large.Remove((nint)block))
            {
                throw new InvariantViolatedException($"A block of {bytes} bytes was returned to a segment pool that did not give it.");
            }
            NativeMemory.AlignedFree(block);
            ReservedBytes -= bytes;
            return;
        }
        int sizeClass = ClassOf((int)bytes, out _);
        *(nint*)block = _free[sizeClass];
        _free[sizeClass] = (nint)block;
    }

    public void FreeAll()
    {
        foreach (nint slab in _slabs)
        {
            NativeMemory.AlignedFree((void*)slab);
        }
        foreach (nint block in _large)
        {
            NativeMemory.AlignedFree((void*)block);
        }
        _slabs.Clear();
        _large.Clear();
        Array.Clear(_free);
        _next = _end = null;
        ReservedBytes = 0;
    }

    /// <summary>Classes lie four to a doubling: rounding up wastes an eighth in the mean; common segment sizes fit exactly.</summary>
    private static int ClassOf(int bytes, out int rounded)
    {
        if (bytes <= 4 * SmallestBlockBytes)
        {
            int units = Math.Max(1, (bytes + SmallestBlockBytes - 1) / SmallestBlockBytes);
            rounded = units * SmallestBlockBytes;
            return units - 1;
        }
        int log = BitOperations.Log2((uint)(bytes - 1));
        int step = 1 << (log - 2);
        rounded = (bytes + step - 1) & -step;
        return ((log - 8) * 4) + ((rounded - (1 << log)) / step) + 3;
    }

    private void AddSlab()
    {
        // Small jobs stay small: the first slab is an eighth of a huge page.
        int bytes = _slabs.Count switch { 0 => 256 * 1024, < 4 => HugePageBytes, _ => 4 * HugePageBytes };
        byte* slab = (byte*)Allocate(bytes);
        _slabs.Add((nint)slab);
        _next = slab;
        _end = slab + bytes;
    }

    private void* RentLarge(long bytes)
    {
        void* block = Allocate(bytes);
        _large.Add((nint)block);
        return block;
    }

    private void* Allocate(long bytes)
    {
        nuint alignment = bytes >= HugePageBytes ? (nuint)HugePageBytes : 4096;
        void* memory = NativeMemory.AlignedAlloc((nuint)bytes, alignment);
        if (bytes >= HugePageBytes)
        {
            AdviseHugePages(memory, (nuint)bytes);
        }
        ReservedBytes += bytes;
        return memory;
    }

    private static void AdviseHugePages(void* memory, nuint bytes)
    {
        if (!OperatingSystem.IsLinux())
        {
            return;
        }
        const int HugePageAdvice = 14;
        try
        {
            // Only advice: a kernel that refuses it changes the speed and nothing else.
            _ = Advise(memory, bytes, HugePageAdvice);
        }
        catch (Exception e) when (e is DllNotFoundException or EntryPointNotFoundException)
        {
        }
    }

    [LibraryImport("libc", EntryPoint = "madvise")]
    private static partial int Advise(void* memory, nuint bytes, int advice);
}
