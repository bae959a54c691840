using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;

namespace OrleansStream.Serialization;

/// <summary>
/// Reads what a <see cref="DataWriter"/> wrote. Every read is checked against the end of the data: truncated or corrupt data is a
/// <see cref="SerializationException"/> that names the offset, never a read of foreign memory, and a length that the data cannot hold is
/// refused before anything is allocated for it. Not thread-safe: one owner at a time.
/// The bytes must not change meanwhile, and a reader that threw is not used again.
/// </summary>
public sealed class DataReader
{
    private readonly byte[] _buffer;
    private readonly int _start;
    private readonly int _end;
    private int _position;
    private int _depth;

    /// <summary>Reads a whole array.</summary>
    public DataReader(byte[] data) : this(data, 0, (data ?? throw new ArgumentNullException(nameof(data))).Length)
    {
    }

    /// <summary>Reads a part of an array; offsets in messages count from the part's start.</summary>
    public DataReader(byte[] data, int offset, int count)
    {
        ArgumentNullException.ThrowIfNull(data);
        _ = data.AsSpan(offset, count);
        _buffer = data;
        _start = offset;
        _position = offset;
        _end = offset + count;
    }

    /// <summary>Reads memory, in place when an array is behind it, else from a copy.</summary>
    public DataReader(ReadOnlyMemory<byte> data)
    {
        if (!MemoryMarshal.TryGetArray(data, out ArraySegment<byte> segment))
        {
            segment = data.ToArray();
        }

        _buffer = segment.Array ?? [];
        _start = segment.Offset;
        _position = segment.Offset;
        _end = segment.Offset + segment.Count;
    }

    /// <summary>How many bytes have been read: the offset of the next one.</summary>
    public int Position => _position - _start;

    /// <summary>How many bytes are left.</summary>
    public int Remaining => _end - _position;

    /// <summary>Reads one byte.</summary>
    public byte ReadByte() => ReadRaw<byte>();

    /// <summary>Reads one byte that must be 0 or 1.</summary>
    public bool ReadBoolean()
    {
        byte value = ReadByte();
        if (value > 1)
        {
            throw Corrupt($"a boolean is 0 or 1, not {value}", -1);
        }

        return value != 0;
    }

    /// <summary>Reads 2 bytes.</summary>
    public short ReadInt16() => ReadRaw<short>();

    /// <summary>Reads 2 bytes.</summary>
    public ushort ReadUInt16() => ReadRaw<ushort>();

    /// <summary>Reads 4 bytes.</summary>
    public int ReadInt32() => ReadRaw<int>();

    /// <summary>Reads 4 bytes.</summary>
    public uint ReadUInt32() => ReadRaw<uint>();

    /// <summary>Reads 8 bytes.</summary>
    public long ReadInt64() => ReadRaw<long>();

    /// <summary>Reads 8 bytes.</summary>
    public ulong ReadUInt64() => ReadRaw<ulong>();

    /// <summary>Reads 4 bytes.</summary>
    public float ReadSingle() => ReadRaw<float>();

    /// <summary>Reads 8 bytes.</summary>
    public double ReadDouble() => ReadRaw<double>();

    /// <summary>Reads what <see cref="DataWriter.WriteVarUInt32"/> wrote.</summary>
    public uint ReadVarUInt32()
    {
        ulong value = ReadVarUInt64();
        return value <= uint.MaxValue ? (uint)value : throw Corrupt($"a 32-bit varint holds {value}", 0);
    }

    /// <summary>Reads what <see cref="DataWriter.WriteVarUInt64"/> wrote.</summary>
    public ulong ReadVarUInt64()
    {
        ulong value = 0;
        for (int shift = 0; shift < 64; shift += 7)
        {
            byte next = ReadByte();
            if (shift == 63 && next > 1)
            {
                break;
            }

            value |= (ulong)(next & 0x7F) << shift;
            if (next < 0x80)
            {
                return value;
            }
        }

        throw Corrupt("a varint is longer than 64 bits", 0);
    }

    /// <summary>Reads what <see cref="DataWriter.WriteVarInt32"/> wrote.</summary>
    public int ReadVarInt32()
    {
        uint value = ReadVarUInt32();
        return (int)(value >> 1) ^ -(int)(value & 1);
    }

    /// <summary>Reads what <see cref="DataWriter.WriteVarInt64"/> wrote.</summary>
    public long ReadVarInt64()
    {
        ulong value = ReadVarUInt64();
        return (long)(value >> 1) ^ -(long)(value & 1);
    }

    /// <summary>Reads this many bytes in place. Valid as long as the data.</summary>
    public ReadOnlySpan<byte> ReadBytes(int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        if (count > Remaining)
        {
            ThrowTruncated(count);
        }

        var span = new ReadOnlySpan<byte>(_buffer, _position, count);
        _position += count;
        return span;
    }

    /// <summary>Leaves this many bytes unread.</summary>
    public void Skip(long count)
    {
        if (count < 0 || count > Remaining)
        {
            ThrowTruncated(count);
        }

        _position += (int)count;
    }

    /// <summary>Reads a string or null that <see cref="DataWriter.WriteString"/> wrote.</summary>
    public string? ReadString()
    {
        ulong header = ReadVarUInt64();
        if (header == 0)
        {
            return null;
        }

        ulong bytes = (header - 1) >> 1;
        if (bytes > (ulong)Remaining)
        {
            ThrowTruncated((long)Math.Min(bytes, long.MaxValue));
        }

        ReadOnlySpan<byte> span = ReadBytes((int)bytes);
        if ((header & 1) != 0)
        {
            return Encoding.UTF8.GetString(span);
        }

        if (span.Length % sizeof(char) != 0)
        {
            throw Corrupt($"a UTF-16 string has {span.Length} bytes", -span.Length);
        }

        return string.Create(span.Length / sizeof(char), span, static (chars, from) => from.CopyTo(MemoryMarshal.AsBytes(chars)));
    }

    /// <summary>
    /// Reads a count of elements that follow (a varint) and refuses it when the rest of the data cannot hold that many.
    /// </summary>
    /// <param name="bytesPerElement">The least number of bytes that an element takes, at least 1.</param>
    public int ReadCount(int bytesPerElement = 1)
    {
        ulong count = ReadVarUInt64();
        return CheckCount(count, bytesPerElement);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal T ReadRaw<T>()
    {
        int position = _position;
        if (_end - position < Unsafe.SizeOf<T>())
        {
            ThrowTruncated(Unsafe.SizeOf<T>());
        }

        _position = position + Unsafe.SizeOf<T>();
        return Unsafe.ReadUnaligned<T>(ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(_buffer), position));
    }

    internal void ReadRawAll<T>(Span<T> values)
    {
        long bytes = (long)values.Length * Unsafe.SizeOf<T>();
        if (bytes > Remaining)
        {
            ThrowTruncated(bytes);
        }

        ReadBytes((int)bytes).CopyTo(MemoryMarshal.CreateSpan(ref Unsafe.As<T, byte>(ref MemoryMarshal.GetReference(values)), (int)bytes));
    }

    /// <summary>Reads the header of a collection: -1 for null, else its count.</summary>
    internal int ReadNullableCount(int bytesPerElement)
    {
        ulong header = ReadVarUInt64();
        return header == 0 ? -1 : CheckCount(header - 1, bytesPerElement);
    }

    internal void Enter(Type? type)
    {
        if (++_depth > DepthLimit.Levels || !RuntimeHelpers.TryEnsureSufficientExecutionStack())
        {
            throw DepthLimit.Exceeded(type, _depth);
        }
    }

    internal void Leave() => _depth--;

    /// <summary>The error for data that cannot be what it is read as.</summary>
    internal SerializationException Corrupt(string what, int offsetBack = 0, Exception? inner = null) => new(
        $"Corrupt data at offset {Position + offsetBack} of {_end - _start} bytes: {what}. "
        + "The bytes were not written by this serializer or were damaged; restore an older checkpoint.", inner);

    private int CheckCount(ulong count, int bytesPerElement)
    {
        if (count > (ulong)(Remaining / Math.Max(1, bytesPerElement)))
        {
            throw Corrupt($"a count of {count} elements of at least {bytesPerElement} bytes does not fit into the {Remaining} bytes left");
        }

        return (int)count;
    }

    [DoesNotReturn]
    [MethodImpl(MethodImplOptions.NoInlining)]
    private void ThrowTruncated(long wanted) => throw new SerializationException(
        $"The data ends too soon: {wanted} bytes wanted at offset {Position}, {Remaining} of {_end - _start} are left. "
        + "The bytes are truncated or were written by another serializer.");
}
