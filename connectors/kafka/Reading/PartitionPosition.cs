using System.Buffers.Binary;
using System.Globalization;

namespace OrleansStream.Connectors.Kafka.Reading;

/// <summary>Where the reading of a partition stands, as it is in a checkpoint: <c>version:u8 next:i64 stop:i64</c>, little-endian. Frozen.</summary>
/// <param name="Next">The offset of the next record; <see cref="Beginning"/> for the oldest one.</param>
/// <param name="Stop">The offset of the first record that is not read; <see cref="Never"/> for no end.</param>
internal readonly record struct PartitionPosition(long Next, long Stop)
{
    public const long Beginning = -2;
    public const long Never = long.MaxValue;

    private const byte Version = 1;
    private const int Length = 17;

    /// <summary>The next offset in words.</summary>
    public static string Describe(long next) => next < 0 ? "the beginning" : string.Create(CultureInfo.InvariantCulture, $"offset {next}");

    public byte[] Write()
    {
        byte[] bytes = new byte[Length];
        bytes[0] = Version;
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(1), Next);
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(9), Stop);
        return bytes;
    }

    public static PartitionPosition Read(ReadOnlySpan<byte> bytes, string split) => bytes.Length == Length && bytes[0] == Version
        ? new PartitionPosition(BinaryPrimitives.ReadInt64LittleEndian(bytes[1..]), BinaryPrimitives.ReadInt64LittleEndian(bytes[9..]))
        : throw new StateRestoreException($"The position of split '{split}' is no offset of a Kafka partition. The operator was another source when the checkpoint was taken: give this one a uid of its own.");
}
