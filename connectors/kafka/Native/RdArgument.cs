using System.Runtime.InteropServices;

namespace OrleansStream.Connectors.Kafka.Native;

/// <summary>librdkafka's <c>rd_kafka_vu_t</c>: an argument of <c>rd_kafka_produceva</c>, a tag and a union.</summary>
[StructLayout(LayoutKind.Explicit, Size = 72)]
internal unsafe struct RdArgument
{
    [FieldOffset(0)]
    public RdArgumentKind Kind;

    [FieldOffset(8)]
    public nint Pointer;

    [FieldOffset(8)]
    public int Int32;

    [FieldOffset(8)]
    public long Int64;

    [FieldOffset(16)]
    public nuint Size;

    [FieldOffset(16)]
    public nint HeaderValue;

    [FieldOffset(24)]
    public nint HeaderSize;

    public static RdArgument Topic(nint topic) => new() { Kind = RdArgumentKind.Topic, Pointer = topic };

    public static RdArgument Partition(int partition) => new() { Kind = RdArgumentKind.Partition, Int32 = partition };

    public static RdArgument Flags(int flags) => new() { Kind = RdArgumentKind.Flags, Int32 = flags };

    public static RdArgument Timestamp(long timestamp) => new() { Kind = RdArgumentKind.Timestamp, Int64 = timestamp };

    public static RdArgument Bytes(RdArgumentKind kind, byte* data, int length) => new() { Kind = kind, Pointer = (nint)data, Size = (nuint)length };

    public static RdArgument Header(byte* name, byte* value, int length) =>
        new() { Kind = RdArgumentKind.Header, Pointer = (nint)name, HeaderValue = (nint)value, HeaderSize = length };
}

/// <summary>librdkafka's <c>rd_kafka_vtype_t</c>, as far as it is used.</summary>
internal enum RdArgumentKind
{
    Topic = 2,
    Partition = 3,
    Value = 4,
    Key = 5,
    Opaque = 6,
    Flags = 7,
    Timestamp = 8,
    Header = 9,
}
