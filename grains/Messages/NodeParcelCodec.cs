using System.Buffers;
using Orleans.Serialization;
using Orleans.Serialization.Buffers;
using Orleans.Serialization.Cloning;
using Orleans.Serialization.Codecs;
using Orleans.Serialization.WireProtocol;
using OrleansStream.Engine.Frames;
using OrleansStream.Engine.Nodes;
using OrleansStream.Serialization;

namespace OrleansStream.Grains;

/// <summary>
/// The wire form of a <see cref="NodeParcel"/>: total length, length of the head, the head with all messages but the content of frames, then the contents in order. The contents go from the frame's array to the
/// connection's buffer, and on the other side into an array of the frame's own.
/// </summary>
[RegisterSerializer]
[RegisterCopier]
internal sealed class NodeParcelCodec : IFieldCodec<NodeParcel>, IDeepCopier<NodeParcel>
{
    [ThreadStatic]
    private static DataWriter? s_head;

    public NodeParcel DeepCopy(NodeParcel input, CopyContext context) => input;

    public void WriteField<TBufferWriter>(ref Writer<TBufferWriter> writer, uint fieldIdDelta, Type? expectedType, NodeParcel? value) where TBufferWriter : IBufferWriter<byte>
    {
        if (value is null)
        {
            ReferenceCodec.WriteNullReference(ref writer, fieldIdDelta);
            return;
        }

        if (ReferenceCodec.TryWriteReferenceField(ref writer, fieldIdDelta, expectedType!, value))
        {
            return;
        }

        DataWriter head = s_head ??= new DataWriter();
        head.Clear();
        long length = Write(head, value);
        writer.WriteFieldHeader(fieldIdDelta, expectedType!, typeof(NodeParcel), WireType.LengthPrefixed);
        writer.WriteVarUInt32(checked((uint)(sizeof(int) + length)));
        writer.WriteInt32(head.Position);
        writer.Write(head.WrittenSpan);
        foreach (NodeMessage message in value.Messages)
        {
            if (message is ExchangeFrame frame)
            {
                writer.Write(frame.Content.Span);
            }
        }
    }

    public NodeParcel ReadValue<TInput>(ref Reader<TInput> reader, Field field)
    {
        if (field.WireType == WireType.Reference)
        {
            return ReferenceCodec.ReadReference<NodeParcel, TInput>(ref reader, field)!;
        }

        field.EnsureWireType(WireType.LengthPrefixed);
        uint placeholder = ReferenceCodec.CreateRecordPlaceholder(reader.Session);
        reader.ReadVarUInt32();
        DataReader head = new(reader.ReadBytes((uint)reader.ReadInt32()));
        NodeMessage[] messages = new NodeMessage[head.ReadCount()];
        for (int i = 0; i < messages.Length; i++)
        {
            messages[i] = NodeMessageFormat.Read(head, out int contentBytes);
            if (contentBytes > 0)
            {
                messages[i] = (ExchangeFrame)messages[i] with { Content = reader.ReadBytes((uint)contentBytes) };
            }
        }

        NodeParcel parcel = new(messages);
        ReferenceCodec.RecordObject(reader.Session, parcel, placeholder);
        return parcel;
    }

    // The bytes of head and contents.
    private static long Write(DataWriter head, NodeParcel parcel)
    {
        head.WriteVarUInt32((uint)parcel.Messages.Count);
        long contents = 0;
        foreach (NodeMessage message in parcel.Messages)
        {
            NodeMessageFormat.Write(head, message);
            contents += message is ExchangeFrame frame ? frame.Content.Length : 0;
        }

        return head.Position + contents;
    }
}
