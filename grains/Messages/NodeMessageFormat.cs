using OrleansStream.Engine.Frames;
using OrleansStream.Engine.Nodes;
using OrleansStream.Serialization;

namespace OrleansStream.Grains;

/// <summary>The bytes of a <see cref="NodeMessage"/>. All silos of a cluster run the same build, so there are no versions. The content of a frame is not in it, only its length.</summary>
internal static class NodeMessageFormat
{
    private enum Tag : byte
    {
        Frame = 1,
        Answer,
        ExchangeRefusal,
        HostPacket,
        MasterPacket,
        HostRefusal,
        MasterRefusal,
    }

    public static void Write(DataWriter to, NodeMessage message)
    {
        switch (message)
        {
            case ExchangeFrame m:
                Begin(to, Tag.Frame, m);
                Write(to, m.Channel);
                to.WriteVarInt64(m.Number);
                to.WriteVarUInt32((uint)m.Content.Length);
                break;
            case ExchangeAnswer m:
                Begin(to, Tag.Answer, m);
                Write(to, m.Channel);
                to.WriteVarInt64(m.Received);
                to.WriteVarInt64(m.Limit);
                break;
            case ExchangeRefusal m:
                Begin(to, Tag.ExchangeRefusal, m);
                Write(to, m.Reason, m.CurrentAttempt);
                break;
            case HostRefusal m:
                Begin(to, Tag.HostRefusal, m);
                Write(to, m.Reason, m.CurrentAttempt);
                break;
            case MasterRefusal m:
                Begin(to, Tag.MasterRefusal, m);
                Write(to, m.Reason, m.CurrentAttempt);
                break;
            case HostPacket m:
                Begin(to, Tag.HostPacket, m);
                WritePacket(to, m);
                break;
            case MasterPacket m:
                Begin(to, Tag.MasterPacket, m);
                WritePacket(to, m);
                to.WriteInt64(m.Life);
                SubtaskMetricsFormat.Write(to, m.Metrics);
                break;
            default:
                throw new InvariantViolatedException($"A message of the type {message.GetType().Name} has no wire form.");
        }
    }

    /// <summary>Reads a message.</summary>
    /// <param name="from">Where it is.</param>
    /// <param name="contentBytes">The bytes of a frame's content, which the message has not got yet.</param>
    public static NodeMessage Read(DataReader from, out int contentBytes)
    {
        contentBytes = 0;
        Tag tag = (Tag)from.ReadByte();
        string job = from.ReadString()!;
        int attempt = from.ReadVarInt32();
        string node = from.ReadString()!;
        switch (tag)
        {
            case Tag.Frame:
                ChannelId channel = ReadChannel(from);
                long number = from.ReadVarInt64();
                contentBytes = checked((int)from.ReadVarUInt32());
                return new ExchangeFrame(job, attempt, node, channel, number, ReadOnlyMemory<byte>.Empty);
            case Tag.Answer:
                return new ExchangeAnswer(job, attempt, node, ReadChannel(from), from.ReadVarInt64(), from.ReadVarInt64());
            case Tag.ExchangeRefusal:
                return new ExchangeRefusal(job, attempt, node, (RefusalReason)from.ReadByte(), from.ReadVarInt32());
            case Tag.HostRefusal:
                return new HostRefusal(job, attempt, node, (RefusalReason)from.ReadByte(), from.ReadVarInt32());
            case Tag.MasterRefusal:
                return new MasterRefusal(job, attempt, node, (RefusalReason)from.ReadByte(), from.ReadVarInt32());
            case Tag.HostPacket:
                return new HostPacket(
                    job, attempt, node, from.ReadVarInt64(), ReadMessages(from, job, attempt), from.ReadVarInt64(), from.ReadVarInt64(), from.ReadVarInt64());
            case Tag.MasterPacket:
                return new MasterPacket(
                    job, attempt, node, from.ReadVarInt64(), ReadMessages(from, job, attempt), from.ReadVarInt64(), from.ReadVarInt64(), from.ReadVarInt64(),
                    from.ReadInt64(), SubtaskMetricsFormat.Read(from));
            default:
                throw new SerializationException($"A message from '{node}' has the unknown tag {(byte)tag}. All silos of a cluster must run the same build of OrleansStream.");
        }
    }

    private static void Begin(DataWriter to, Tag tag, NodeMessage message)
    {
        to.WriteByte((byte)tag);
        to.WriteString(message.Job);
        to.WriteVarInt32(message.Attempt);
        to.WriteString(message.From);
    }

    private static void Write(DataWriter to, ChannelId channel)
    {
        to.WriteVarInt32(channel.Edge);
        to.WriteVarInt32(channel.From);
        to.WriteVarInt32(channel.To);
    }

    private static ChannelId ReadChannel(DataReader from) => new(from.ReadVarInt32(), from.ReadVarInt32(), from.ReadVarInt32());

    private static void Write(DataWriter to, RefusalReason reason, int currentAttempt)
    {
        to.WriteByte((byte)reason);
        to.WriteVarInt32(currentAttempt);
    }

    // The order is that of the records' parameters, in which they are read.
    private static void WritePacket(DataWriter to, ControlPacket packet)
    {
        to.WriteVarInt64(packet.First);
        to.WriteVarUInt32((uint)packet.Messages.Count);
        foreach (ControlMessage message in packet.Messages)
        {
            ControlMessageFormat.Write(to, message);
        }

        to.WriteVarInt64(packet.Received);
        to.WriteVarInt64(packet.SentMs);
        to.WriteVarInt64(packet.EchoMs);
    }

    private static ControlMessage[] ReadMessages(DataReader from, string job, int attempt)
    {
        ControlMessage[] messages = new ControlMessage[from.ReadCount()];
        for (int i = 0; i < messages.Length; i++)
        {
            messages[i] = ControlMessageFormat.Read(from, job, attempt);
        }

        return messages;
    }
}
