using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace OrleansStream.Engine.Channels;

/// <summary>
/// A bounded queue for one producer thread and one consumer thread at a time. Each side keeps a copy of the other's position and looks at the real one only when
/// the copy says full or empty, so that in the usual case no cache line moves between cores (Lamport's queue with cached indices).
/// </summary>
internal sealed class SpscRing<T>
{
    private readonly T[] _items;
    private readonly int _mask;
    private RingPositions _positions;

    public SpscRing(int capacity)
    {
        _items = new T[System.Numerics.BitOperations.RoundUpToPowerOf2((uint)capacity)];
        _mask = _items.Length - 1;
    }

    public int Capacity => _items.Length;

    /// <summary>How many are in it; exact on neither side's thread alone, but never more than were put in.</summary>
    public int Count => (int)(Volatile.Read(ref _positions.Tail) - Volatile.Read(ref _positions.Head));

    /// <summary>How many items were ever put in; the producer's side.</summary>
    public long Tail => _positions.Tail;

    /// <summary>How many items were ever taken; the consumer's side.</summary>
    public long Head => _positions.Head;

    /// <summary>The item at a position from <see cref="Head"/> on that is known to have been put in; the consumer's side.</summary>
    public ref readonly T At(long position) => ref _items[(int)position & _mask];

    public bool TryEnqueue(in T item)
    {
        long tail = _positions.Tail;
        if (tail - _positions.HeadSeenByProducer >= _items.Length)
        {
            _positions.HeadSeenByProducer = Volatile.Read(ref _positions.Head);
            if (tail - _positions.HeadSeenByProducer >= _items.Length)
            {
                return false;
            }
        }

        _items[(int)tail & _mask] = item;
        Volatile.Write(ref _positions.Tail, tail + 1);
        return true;
    }

    /// <summary>Looks at the next item without taking it. The reference is valid until <see cref="Advance"/>.</summary>
    public ref readonly T TryPeek(out bool found)
    {
        long head = _positions.Head;
        if (head >= _positions.TailSeenByConsumer)
        {
            _positions.TailSeenByConsumer = Volatile.Read(ref _positions.Tail);
            if (head >= _positions.TailSeenByConsumer)
            {
                found = false;
                return ref Unsafe.NullRef<T>();
            }
        }

        found = true;
        return ref _items[(int)head & _mask];
    }

    /// <summary>Takes the item that <see cref="TryPeek"/> showed.</summary>
    public void Advance()
    {
        long head = _positions.Head;
        if (RuntimeHelpers.IsReferenceOrContainsReferences<T>())
        {
            _items[(int)head & _mask] = default!;
        }

        Volatile.Write(ref _positions.Head, head + 1);
    }

    public bool TryDequeue(out T item)
    {
        ref readonly T next = ref TryPeek(out bool found);
        if (!found)
        {
            item = default!;
            return false;
        }

        item = next;
        Advance();
        return true;
    }
}

// Two cache lines apart (the prefetcher fetches pairs), so that the sides do not share one.
[StructLayout(LayoutKind.Explicit, Size = 384)]
internal struct RingPositions
{
    [FieldOffset(128)]
    public long Tail;

    [FieldOffset(136)]
    public long HeadSeenByProducer;

    [FieldOffset(256)]
    public long Head;

    [FieldOffset(264)]
    public long TailSeenByConsumer;
}
