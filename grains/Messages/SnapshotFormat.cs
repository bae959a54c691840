using OrleansStream.Engine.Checkpointing;
using OrleansStream.Engine.Tasklets;
using OrleansStream.Serialization;

namespace OrleansStream.Grains;

/// <summary>The bytes of a <see cref="SubtaskAcknowledged"/>. Sections follow each other by operator and state, so a name is written only where it changes.</summary>
internal static class SnapshotFormat
{
    public static void Write(DataWriter to, SubtaskAcknowledged message)
    {
        to.WriteVarInt64(message.CheckpointId);
        to.WriteString(message.Snapshot.Path);
        to.WriteVarInt64(message.Snapshot.Length);
        to.WriteVarUInt32((uint)message.Snapshot.Sections.Count);
        StateSection? before = null;
        foreach (StateSection section in message.Snapshot.Sections)
        {
            bool isNext = before is not null && before.Operator == section.Operator && before.Name == section.Name && before.Kind == section.Kind;
            to.WriteBoolean(isNext);
            if (!isNext)
            {
                to.WriteString(section.Operator);
                to.WriteString(section.Name);
                to.WriteByte((byte)section.Kind);
            }

            to.WriteVarInt32(section.KeyGroup);
            to.WriteVarInt64(section.Offset);
            to.WriteVarInt64(section.Length);
            to.WriteUInt64(section.Checksum);
            before = section;
        }

        to.WriteVarUInt32((uint)message.States.Count);
        foreach ((string uid, IReadOnlyList<StateDescription> states) in message.States)
        {
            to.WriteString(uid);
            to.WriteVarUInt32((uint)states.Count);
            foreach (StateDescription state in states)
            {
                to.WriteString(state.Name);
                to.WriteByte((byte)state.Kind);
                to.WriteString(state.KeyType);
                to.WriteString(state.ValueType);
                ControlMessageFormat.WriteBytes(to, state.KeySchema);
                ControlMessageFormat.WriteBytes(to, state.ValueSchema);
            }
        }

        to.WriteVarInt64(message.StallNs);
        to.WriteVarInt64(message.StallWallNs);
    }

    public static SubtaskAcknowledged Read(DataReader from, string job, int attempt, SubtaskId subtask)
    {
        long checkpoint = from.ReadVarInt64();
        string? path = from.ReadString();
        long length = from.ReadVarInt64();
        StateSection[] sections = new StateSection[from.ReadCount()];
        for (int i = 0; i < sections.Length; i++)
        {
            bool isNext = from.ReadBoolean();
            (string op, string name, StateSectionKind kind) = isNext
                ? (sections[i - 1].Operator, sections[i - 1].Name, sections[i - 1].Kind)
                : (from.ReadString()!, from.ReadString()!, (StateSectionKind)from.ReadByte());
            sections[i] = new StateSection(op, name, kind, from.ReadVarInt32(), from.ReadVarInt64(), from.ReadVarInt64(), from.ReadUInt64());
        }

        Dictionary<string, IReadOnlyList<StateDescription>> states = new(StringComparer.Ordinal);
        for (int left = from.ReadCount(); left > 0; left--)
        {
            string uid = from.ReadString()!;
            StateDescription[] descriptions = new StateDescription[from.ReadCount()];
            for (int i = 0; i < descriptions.Length; i++)
            {
                descriptions[i] = new StateDescription(
                    from.ReadString()!, (StateSectionKind)from.ReadByte(), from.ReadString(), from.ReadString(), ControlMessageFormat.ReadBytes(from),
                    ControlMessageFormat.ReadBytes(from));
            }

            states.Add(uid, descriptions);
        }

        return new SubtaskAcknowledged(
            job, attempt, subtask, checkpoint, new SubtaskSnapshot(subtask, path, length, sections), states, from.ReadVarInt64(), from.ReadVarInt64());
    }
}
