using OrleansStream.Serialization;

namespace OrleansStream.Connectors.Files;

/// <summary>A part that is durable but not visible: all that anybody needs to make it so.</summary>
internal sealed record PartCommittable(string Folder, string Hidden, string Visible, long Length, ulong Checksum, int Attempt)
{
    private const byte Version = 1;

    public static PartCommittable Read(byte[] bytes)
    {
        DataReader reader = new(bytes);
        byte version = reader.ReadByte();
        if (version != Version)
        {
            throw new StateRestoreException(
                $"A committable of a file sink has the version {version}; this version of OrleansStream reads {Version}. Use the version that wrote it, or a newer one.");
        }

        return new PartCommittable(
            reader.ReadString() ?? "", reader.ReadString() ?? "", reader.ReadString() ?? "", reader.ReadVarInt64(), reader.ReadUInt64(), reader.ReadVarInt32());
    }

    public byte[] Write()
    {
        DataWriter writer = new();
        writer.WriteByte(Version);
        writer.WriteString(Folder);
        writer.WriteString(Hidden);
        writer.WriteString(Visible);
        writer.WriteVarInt64(Length);
        writer.WriteUInt64(Checksum);
        writer.WriteVarInt32(Attempt);
        return writer.ToArray();
    }
}
