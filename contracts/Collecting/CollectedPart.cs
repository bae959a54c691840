using OrleansStream.Serialization;

namespace OrleansStream;

/// <summary>What tells one committable of a collecting sink from all others, and the order in which they are read.</summary>
internal sealed record CollectedPart(string Incarnation, string Uid, long Checkpoint, int Subtask, int Attempt, int Number) : IComparable<CollectedPart>
{
    private const byte Version = 1;

    /// <summary>The number of the job's history in this process; incarnations are random, and must not order anything.</summary>
    public int Run { get; init; }

    public int CompareTo(CollectedPart? other)
    {
        if (other is null)
        {
            return 1;
        }

        int order = Run.CompareTo(other.Run);
        order = order != 0 ? order : Checkpoint.CompareTo(other.Checkpoint);
        order = order != 0 ? order : string.CompareOrdinal(Uid, other.Uid);
        order = order != 0 ? order : Subtask.CompareTo(other.Subtask);
        order = order != 0 ? order : Attempt.CompareTo(other.Attempt);
        return order != 0 ? order : Number.CompareTo(other.Number);
    }

    public static byte[] Write<T>(CollectedPart part, TypeSerializer<T> serializer, int count, ReadOnlySpan<byte> records)
    {
        DataWriter writer = new(records.Length + 256);
        writer.WriteByte(Version);
        writer.WriteString(part.Incarnation);
        writer.WriteString(part.Uid);
        writer.WriteVarInt64(part.Checkpoint);
        writer.WriteVarInt32(part.Subtask);
        writer.WriteVarInt32(part.Attempt);
        writer.WriteVarInt32(part.Number);
        writer.WriteString(TypeNames.Full(typeof(T)));
        SchemaEncoding.Write(writer, serializer.Schema);
        writer.WriteVarInt32(count);
        writer.WriteBytes(records);
        return writer.ToArray();
    }

    public static CollectedPart ReadIdentity(DataReader reader)
    {
        byte version = reader.ReadByte();
        if (version != Version)
        {
            throw new SerializationException(
                $"A committable of a collecting sink has the version {version}; this version of OrleansStream reads {Version}. Use the version that wrote it, or a newer one.");
        }

        return new CollectedPart(
            reader.ReadString() ?? "", reader.ReadString() ?? "", reader.ReadVarInt64(), reader.ReadVarInt32(), reader.ReadVarInt32(), reader.ReadVarInt32());
    }

    public static void ReadRecords<T>(byte[] committable, string name, SerializerRegistry serializers, List<T> into)
    {
        DataReader reader = new(committable);
        ReadIdentity(reader);
        string? written = reader.ReadString();
        if (written != TypeNames.Full(typeof(T)))
        {
            throw new InvalidOperationException($"'{name}' collects records of the type {written}, not {TypeNames.Full(typeof(T))}. Ask for that type.");
        }

        TypeSerializer<T> serializer = serializers.Reader<T>(SchemaEncoding.Read(reader));
        for (int left = reader.ReadVarInt32(); left > 0; left--)
        {
            into.Add(serializer.Read(reader));
        }
    }
}
