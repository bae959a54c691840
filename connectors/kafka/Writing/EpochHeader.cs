using OrleansStream.Commits;
using OrleansStream.Serialization;

namespace OrleansStream.Connectors.Kafka.Writing;

/// <summary>The first committable of an epoch: whose it is, and what follows. The others are its chunks. Frozen.</summary>
/// <param name="TransactionalId">The id that writes it.</param>
/// <param name="Topic">The topic that it was prepared for.</param>
/// <param name="Epoch">The epoch.</param>
/// <param name="Bytes">The size of its chunks.</param>
internal sealed record EpochHeader(string TransactionalId, string Topic, PendingEpoch Epoch, long Bytes)
{
    private const byte Version = 1;

    public byte[] Write()
    {
        DataWriter writer = new();
        writer.WriteByte(Version);
        writer.WriteString(TransactionalId);
        writer.WriteString(Topic);
        writer.WriteString(Epoch.Incarnation);
        writer.WriteInt64(Epoch.CheckpointId);
        writer.WriteInt32(Epoch.Parts);
        writer.WriteString(Epoch.Previous.Incarnation);
        writer.WriteInt64(Epoch.Previous.CheckpointId);
        writer.WriteInt32(Epoch.Previous.Part);
        writer.WriteInt32(Epoch.Previous.Parts);
        writer.WriteInt64(Bytes);
        return writer.ToArray();
    }

    public static EpochHeader Read(byte[] bytes, string owner)
    {
        DataReader reader = new(bytes);
        if (reader.ReadByte() != Version)
        {
            throw new StateRestoreException($"'{owner}': what the checkpoint holds to be committed is not of a Kafka sink of this version. The operator was another sink when it was taken: give this one a uid of its own.");
        }

        string id = reader.ReadString()!;
        string topic = reader.ReadString()!;
        string incarnation = reader.ReadString()!;
        long checkpoint = reader.ReadInt64();
        int parts = reader.ReadInt32();
        EpochMark previous = new(reader.ReadString()!, reader.ReadInt64(), reader.ReadInt32(), reader.ReadInt32());
        return new EpochHeader(id, topic, new PendingEpoch(incarnation, checkpoint, parts, previous), reader.ReadInt64());
    }
}
