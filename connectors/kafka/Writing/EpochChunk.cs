using System.Buffers.Binary;

namespace OrleansStream.Connectors.Kafka.Writing;

/// <summary>A run of records of one transaction: <c>part:i32 records:i32</c>, then the records. Frozen.</summary>
internal static class EpochChunk
{
    public const int HeadBytes = 8;

    public static void Seal(Span<byte> chunk, int part, int records)
    {
        BinaryPrimitives.WriteInt32LittleEndian(chunk, part);
        BinaryPrimitives.WriteInt32LittleEndian(chunk[4..], records);
    }

    public static int PartOf(ReadOnlySpan<byte> chunk) => BinaryPrimitives.ReadInt32LittleEndian(chunk);

    public static int RecordsOf(ReadOnlySpan<byte> chunk) => BinaryPrimitives.ReadInt32LittleEndian(chunk[4..]);
}
