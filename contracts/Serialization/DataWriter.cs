using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;

namespace OrleansStream.Serialization;

/// <summary>
/// A growing byte buffer that serializers write to. Fixed-width values are little-endian. Not thread-safe: one owner at a time, who may
/// reuse it after <see cref="Clear"/>. Never blocks; a buffer that would pass 2 GiB is a <see cref="SerializationException"/>.
/// </summary>
public sealed class DataWriter
{
    private const int SmallestGrowthBytes = 256;

    private byte[] _buffer;
    private int _position;
    private int _depth;

    /// <summary>Creates an empty writer.</summary>
    /// <param name="capacityBytes">The size of the first buffer; it doubles when it is full.</param>
    public DataWriter(int capacityBytes = SmallestGrowthBytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(capacityBytes);
        if (!BitConverter.IsLittleEndian)
        {
            throw new PlatformNotSupportedException("OrleansStream runs on little-endian machines only.");
        }

        _buffer = capacityBytes == 0 ? [] : new byte[capacityBytes];
    }

    /// <summary>How many bytes have been written: the offset of the next one.</summary>
    public int Position => _position;

    /// <summary>What has been written. Valid until the next write or <see cref="Clear"/>.</summary>
    public ReadOnlySpan<byte> WrittenSpan => new(_buffer, 0, _position);

    /// <summary>What has been written. Valid until the next write or <see cref="Clear"/>.</summary>
    public ReadOnlyMemory<byte> WrittenMemory => new(_buffer, 0, _position);

    /// <summary>Forgets what has been written and keeps the buffer. Also needed after a write that threw.</summary>
    public void Clear()
    {
        _position = 0;
        _depth = 0;
    }

    /// <summary>A copy of what has been written.</summary>
    public byte[] ToArray() => WrittenSpan.ToArray();

    /// <summary>Writes one byte.</summary>
    public void WriteByte(byte value) => WriteRaw(value);

    /// <summary>Writes one byte, 0 or 1.</summary>
    public void WriteBoolean(bool value) => WriteRaw(value ? (byte)1 : (byte)0);

    /// <summary>Writes 2 bytes.</summary>
    public void WriteInt16(short value) => WriteRaw(value);

    /// <summary>Writes 2 bytes.</summary>
    public void WriteUInt16(ushort value) => WriteRaw(value);

    /// <summary>Writes 4 bytes.</summary>
    public void WriteInt32(int value) => WriteRaw(value);

    /// <summary>Writes 4 bytes.</summary>
    public void WriteUInt32(uint value) => WriteRaw(value);

    /// <summary>Writes 8 bytes.</summary>
    public void WriteInt64(long value) => WriteRaw(value);

    /// <summary>Writes 8 bytes.</summary>
    public void WriteUInt64(ulong value) => WriteRaw(value);

    /// <summary>Writes 4 bytes.</summary>
    public void WriteSingle(float value) => WriteRaw(value);

    /// <summary>Writes 8 bytes.</summary>
    public void WriteDouble(double value) => WriteRaw(value);

    /// <summary>Writes 1 to 5 bytes, seven bits each, the lowest first.</summary>
    public void WriteVarUInt32(uint value)
    {
        while (value >= 0x80)
        {
            WriteRaw((byte)(value | 0x80));
            value >>= 7;
        }

        WriteRaw((byte)value);
    }

    /// <summary>Writes 1 to 10 bytes, seven bits each, the lowest first.</summary>
    public void WriteVarUInt64(ulong value)
    {
        while (value >= 0x80)
        {
            WriteRaw((byte)(value | 0x80));
            value >>= 7;
        }

        WriteRaw((byte)value);
    }

    /// <summary>Writes 1 to 5 bytes; small values of either sign are short (zigzag).</summary>
    public void WriteVarInt32(int value) => WriteVarUInt32((uint)((value << 1) ^ (value >> 31)));

    /// <summary>Writes 1 to 10 bytes; small values of either sign are short (zigzag).</summary>
    public void WriteVarInt64(long value) => WriteVarUInt64((ulong)((value << 1) ^ (value >> 63)));

    /// <summary>Writes the bytes as they are, without a length.</summary>
    public void WriteBytes(ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(GetSpan(bytes.Length));
        _position += bytes.Length;
    }

    /// <summary>
    /// Writes a string or null: a varint header (0 for null, else 1 + 2 × bytes, plus 1 if the bytes are UTF-16), then UTF-8. A string
    /// that UTF-8 cannot carry (a lone surrogate) is written as UTF-16, so every string is read back as it was.
    /// </summary>
    public void WriteString(string? value)
    {
        if (value is null)
        {
            WriteByte(0);
            return;
        }

        if (value.Length <= 63)
        {
            // The header of a short ASCII string is one byte: encode behind it, and start again if it is not ASCII.
            Span<byte> span = GetSpan(1 + value.Length);
            if (Ascii.FromUtf16(value, span[1..], out int ascii) == System.Buffers.OperationStatus.Done)
            {
                span[0] = (byte)(1 + 2 * ascii);
                _position += 1 + ascii;
                return;
            }
        }

        WriteLongString(value);
    }

    /// <summary>A span of at least this many free bytes behind <see cref="Position"/>; call <see cref="Advance"/> for those used.</summary>
    public Span<byte> GetSpan(int sizeBytes)
    {
        if ((uint)sizeBytes > (uint)(_buffer.Length - _position))
        {
            Grow(sizeBytes);
        }

        return _buffer.AsSpan(_position);
    }

    /// <summary>Counts bytes that were filled in a span of <see cref="GetSpan"/> as written.</summary>
    public void Advance(int writtenBytes)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)writtenBytes, (uint)(_buffer.Length - _position));
        _position += writtenBytes;
    }

    /// <summary>Overwrites 4 bytes that were written before, e.g. a length that was not known yet.</summary>
    /// <param name="position">The offset at which <see cref="WriteInt32"/> wrote.</param>
    /// <param name="value">The new value.</param>
    public void PatchInt32(int position, int value)
    {
        if (position < 0 || position > _position - sizeof(int))
        {
            throw new ArgumentOutOfRangeException(nameof(position), position, $"4 bytes at it must lie within the {_position} bytes written.");
        }

        Unsafe.WriteUnaligned(ref _buffer[position], value);
    }

    /// <summary>Writes the memory of a value without references as it is.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void WriteRaw<T>(T value)
    {
        int position = _position;
        byte[] buffer = _buffer;
        if (buffer.Length - position < Unsafe.SizeOf<T>())
        {
            Grow(Unsafe.SizeOf<T>());
            buffer = _buffer;
        }

        Unsafe.WriteUnaligned(ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(buffer), position), value);
        _position = position + Unsafe.SizeOf<T>();
    }

    /// <summary>Writes the memory of values without references as it is.</summary>
    internal void WriteRawAll<T>(ReadOnlySpan<T> values)
    {
        long bytes = (long)values.Length * Unsafe.SizeOf<T>();
        if (bytes > Array.MaxLength)
        {
            ThrowTooLarge(bytes);
        }

        WriteBytes(MemoryMarshal.CreateReadOnlySpan(ref Unsafe.As<T, byte>(ref MemoryMarshal.GetReference(values)), (int)bytes));
    }

    /// <summary>Called around each value of a recursive type, so that a cycle ends in an error and not in a stack overflow.</summary>
    internal void Enter(Type? type)
    {
        if (++_depth > DepthLimit.Levels || !RuntimeHelpers.TryEnsureSufficientExecutionStack())
        {
            throw DepthLimit.Exceeded(type, _depth);
        }
    }

    internal void Leave() => _depth--;

    private void WriteLongString(string value)
    {
        if (IsWellFormed(value))
        {
            int bytes = Encoding.UTF8.GetByteCount(value);
            WriteVarUInt64(1 + 2 * (ulong)bytes);
            Encoding.UTF8.GetBytes(value, GetSpan(bytes));
            _position += bytes;
            return;
        }

        WriteVarUInt64(2 + 2 * ((ulong)value.Length * 2));
        WriteBytes(MemoryMarshal.AsBytes(value.AsSpan()));
    }

    private static bool IsWellFormed(string value)
    {
        int first = value.AsSpan().IndexOfAnyInRange('\uD800', '\uDFFF');
        for (int i = first < 0 ? value.Length : first; i < value.Length; i++)
        {
            if (!char.IsSurrogate(value[i]))
            {
                continue;
            }

            if (i + 1 == value.Length || !char.IsSurrogatePair(value[i], value[i + 1]))
            {
                return false;
            }

            i++;
        }

        return true;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Grow(int sizeBytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(sizeBytes);
        long wanted = (long)_position + sizeBytes;
        if (wanted > Array.MaxLength)
        {
            ThrowTooLarge(wanted);
        }

        long doubled = Math.Max(SmallestGrowthBytes, (long)_buffer.Length * 2);
        Array.Resize(ref _buffer, (int)Math.Min(Array.MaxLength, Math.Max(doubled, wanted)));
    }

    [DoesNotReturn]
    private static void ThrowTooLarge(long wanted) => throw new SerializationException(
        $"A value or frame of {wanted} bytes was to be written; at most {Array.MaxLength} fit. Split the value, e.g. into map state.");
}
