using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace OrleansStream;

/// <summary>Takes the bytes of a key or value. Reused for record after record.</summary>
public sealed class KafkaBytes : IBufferWriter<byte>
{
    private byte[] _buffer = new byte[256];

    internal KafkaBytes()
    {
    }

    /// <summary>How many bytes were written.</summary>
    public int Count { get; private set; }

    /// <summary>Whether there is none: no key, or a tombstone for a value. So as long as nothing was written and <see cref="SetEmpty"/> was not called.</summary>
    public bool IsNull { get; private set; } = true;

    internal ReadOnlySpan<byte> Written => _buffer.AsSpan(0, Count);

    /// <summary>Makes it empty, which is not the same as none.</summary>
    public void SetEmpty() => IsNull = false;

    /// <summary>Adds bytes.</summary>
    /// <param name="bytes">The bytes.</param>
    public void Write(ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(GetSpan(bytes.Length));
        Advance(bytes.Length);
    }

    /// <summary>Adds a text as UTF-8.</summary>
    /// <param name="text">The text.</param>
    public void Write(ReadOnlySpan<char> text) => Advance(Encoding.UTF8.GetBytes(text, GetSpan(Encoding.UTF8.GetMaxByteCount(text.Length))));

    /// <summary>Adds an integer, 8 bytes in network order.</summary>
    /// <param name="value">The integer.</param>
    public void WriteInt64(long value)
    {
        BinaryPrimitives.WriteInt64BigEndian(GetSpan(sizeof(long)), value);
        Advance(sizeof(long));
    }

    /// <inheritdoc/>
    public void Advance(int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, _buffer.Length - Count);
        Count += count;
        IsNull = false;
    }

    /// <inheritdoc/>
    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        Require(sizeHint);
        return _buffer.AsMemory(Count);
    }

    /// <inheritdoc/>
    public Span<byte> GetSpan(int sizeHint = 0)
    {
        Require(sizeHint);
        return _buffer.AsSpan(Count);
    }

    internal void Clear()
    {
        Count = 0;
        IsNull = true;
    }

    private void Require(int size)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(size);
        if (_buffer.Length - Count < Math.Max(size, 1))
        {
            Array.Resize(ref _buffer, (int)Math.Max((long)_buffer.Length * 2, (long)Count + Math.Max(size, 1)));
        }
    }
}
