using System.Buffers;

namespace OrleansStream.Connectors.Files;

/// <summary>A block of bytes that records are written into. It grows, so that a record is never in two blocks.</summary>
internal sealed class FormatBuffer(int capacityBytes) : IBufferWriter<byte>
{
    private byte[] _bytes = ArrayPool<byte>.Shared.Rent(capacityBytes);

    public int Count { get; private set; }

    public void Advance(int count) => Count += count;

    public Span<byte> GetSpan(int sizeHint = 0)
    {
        Reserve(Math.Max(1, sizeHint));
        return _bytes.AsSpan(Count);
    }

    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        Reserve(Math.Max(1, sizeHint));
        return _bytes.AsMemory(Count);
    }

    public void Add(byte value)
    {
        Reserve(1);
        _bytes[Count++] = value;
    }

    public void Add(ReadOnlySpan<byte> values)
    {
        values.CopyTo(GetSpan(values.Length));
        Count += values.Length;
    }

    /// <summary>Gives the block away, with <see cref="Count"/> bytes in it, and begins an empty one.</summary>
    public byte[] Take()
    {
        byte[] full = _bytes;
        _bytes = ArrayPool<byte>.Shared.Rent(capacityBytes);
        Count = 0;
        return full;
    }

    private void Reserve(int bytes)
    {
        if (_bytes.Length - Count >= bytes)
        {
            return;
        }

        byte[] larger = ArrayPool<byte>.Shared.Rent(Math.Max(_bytes.Length * 2, Count + bytes));
        _bytes.AsSpan(0, Count).CopyTo(larger);
        ArrayPool<byte>.Shared.Return(_bytes);
        _bytes = larger;
    }
}
