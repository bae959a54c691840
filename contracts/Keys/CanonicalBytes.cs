using System.Text;
using OrleansStream.Serialization;

namespace OrleansStream.Keys;

/// <summary>The canonical bytes of the values that keys are made of. Fixed for ever; frozen by the key vectors in the tests.</summary>
internal static class CanonicalBytes
{
    private const long OneNaN = 0x7FF8000000000000;

    [ThreadStatic]
    private static DataWriter? s_scratch;

    /// <summary>A cleared writer of this thread. While it is rented another one is made, should a key's property hash a key.</summary>
    internal static DataWriter Rent()
    {
        DataWriter bytes = s_scratch ?? new DataWriter();
        s_scratch = null;
        bytes.Clear();
        return bytes;
    }

    internal static void Return(DataWriter bytes) => s_scratch = bytes;

    internal static void Write(DataWriter bytes, double value) =>
        bytes.WriteInt64(double.IsNaN(value) ? OneNaN : value == 0 ? 0 : BitConverter.DoubleToInt64Bits(value));

    internal static void Write(DataWriter bytes, float value) => Write(bytes, (double)value);

    internal static void Write(DataWriter bytes, Half value) => Write(bytes, (double)value);

    /// <summary>The four words of a decimal without trailing zeros: 96 bits of number, then scale and sign.</summary>
    internal static void Write(DataWriter bytes, decimal value)
    {
        Span<int> bits = stackalloc int[4];
        decimal.GetBits(value, bits);
        (uint low, uint mid, uint high) = ((uint)bits[0], (uint)bits[1], (uint)bits[2]);
        int scale = (bits[3] >> 16) & 0xFF;
        bool negative = bits[3] < 0 && (low | mid | high) != 0;
        for (; scale > 0; scale--)
        {
            // Long division of the 96 bits by ten, word by word.
            ulong upper = ((ulong)(high % 10) << 32) | mid;
            ulong lower = ((upper % 10) << 32) | low;
            if (lower % 10 != 0)
            {
                break;
            }

            (high, mid, low) = (high / 10, (uint)(upper / 10), (uint)(lower / 10));
        }

        bytes.WriteUInt32(low);
        bytes.WriteUInt32(mid);
        bytes.WriteUInt32(high);
        bytes.WriteInt32((scale << 16) | (negative ? int.MinValue : 0));
    }

    internal static void Write(DataWriter bytes, Guid value)
    {
        value.TryWriteBytes(bytes.GetSpan(16), bigEndian: true, out int written);
        bytes.Advance(written);
    }

    internal static void Write(DataWriter bytes, DateTime value) => bytes.WriteInt64(value.Ticks);

    internal static void Write(DataWriter bytes, DateTimeOffset value) => bytes.WriteInt64(value.UtcTicks);

    internal static void Write(DataWriter bytes, DateOnly value) => bytes.WriteInt32(value.DayNumber);

    internal static void Write(DataWriter bytes, TimeOnly value) => bytes.WriteInt64(value.Ticks);

    internal static void Write(DataWriter bytes, Version value)
    {
        bytes.WriteInt32(value.Major);
        bytes.WriteInt32(value.Minor);
        bytes.WriteInt32(value.Build);
        bytes.WriteInt32(value.Revision);
    }

    /// <summary>A string inside a key: its length as int32, then UTF-8.</summary>
    internal static void Write(DataWriter bytes, string value)
    {
        int at = bytes.Position;
        bytes.WriteInt32(0);
        int count = Encoding.UTF8.GetBytes(value, bytes.GetSpan(Encoding.UTF8.GetMaxByteCount(value.Length)));
        bytes.Advance(count);
        bytes.PatchInt32(at, count);
    }

    /// <summary>Integers and the like inside a key: their own width.</summary>
    internal static void WriteRaw<T>(DataWriter bytes, T value) where T : unmanaged => bytes.WriteRaw(value);

    internal static void WriteNull(DataWriter bytes) => bytes.WriteByte(0);

    internal static void WritePresent(DataWriter bytes) => bytes.WriteByte(1);
}
