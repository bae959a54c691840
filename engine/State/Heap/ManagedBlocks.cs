using System.Numerics;
using System.Runtime.CompilerServices;

namespace OrleansStream.Engine.State;

/// <summary>Arrays of one element type and of power-of-two lengths, kept for reuse.</summary>
internal sealed class ManagedBlocks<T>(SegmentPool pool)
{
    private readonly Stack<T[]>?[] _idle = new Stack<T[]>?[31];

    /// <summary>Gives an array of exactly this length, all default.</summary>
    public T[] Rent(int length)
    {
        long bytes = (long)length * Unsafe.SizeOf<T>();
        Stack<T[]>? idle = _idle[BitOperations.Log2((uint)length)];
        if (idle is { Count: > 0 })
        {
            pool.ManagedReused(bytes);
            return idle.Pop();
        }
        pool.ManagedRented(bytes);
        return new T[length];
    }

    public void Return(T[] array)
    {
        if (!pool.ManagedReturned((long)array.Length * Unsafe.SizeOf<T>()))
        {
            return;
        }
        Array.Clear(array);
        (_idle[BitOperations.Log2((uint)array.Length)] ??= []).Push(array);
    }
}
