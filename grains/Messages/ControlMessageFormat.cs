using OrleansStream.Engine.Channels;
using OrleansStream.Engine.Checkpointing;
using OrleansStream.Engine.Nodes;
using OrleansStream.Engine.Sources;
using OrleansStream.Engine.Tasklets;
using OrleansStream.Serialization;

namespace OrleansStream.Grains;

/// <summary>The bytes of a <see cref="ControlMessage"/>. Job and attempt are those of its packet. An exception does not go along: only what it says.</summary>
internal static class ControlMessageFormat
{
    private enum Tag : byte
    {
        Deploy = 1,
        Cancel,
        Trigger,
        Complete,
        Abort,
        Assign,
        Running,
        InputEnded,
        Acknowledged,
        Declined,
        Committed,
        Failed,
        Stopped,
        Align,
    }

    public static void Write(DataWriter to, ControlMessage message)
    {
        switch (message)
        {
            case DeploySubtasks m:
                to.WriteByte((byte)Tag.Deploy);
                DeploymentFormat.Write(to, m);
                break;
            case CancelSubtasks:
                to.WriteByte((byte)Tag.Cancel);
                break;
            case TriggerCheckpoint m:
                to.WriteByte((byte)Tag.Trigger);
                to.WriteVarInt64(m.Barrier.CheckpointId);
                to.WriteString(m.Barrier.Folder);
                to.WriteBoolean(m.Barrier.Stop);
                to.WriteBoolean(m.Barrier.Drain);
                to.WriteBoolean(m.Barrier.Unaligned);
                to.WriteVarInt64(m.Barrier.AlignedTimeoutMs);
                break;
            case CompleteCheckpoint m:
                to.WriteByte((byte)Tag.Complete);
                to.WriteVarInt64(m.CheckpointId);
                break;
            case AbortCheckpoint m:
                to.WriteByte((byte)Tag.Abort);
                to.WriteVarInt64(m.CheckpointId);
                break;
            case AlignSources m:
                to.WriteByte((byte)Tag.Align);
                to.WriteString(m.Group);
                to.WriteVarInt64(m.ReachedMs);
                break;
            case AssignSplits m:
                to.WriteByte((byte)Tag.Assign);
                WriteSubtask(to, m.Subtask);
                WriteSplits(to, m.Splits);
                to.WriteBoolean(m.NoMore);
                break;
            case SubtaskRunning m:
                Begin(to, Tag.Running, m);
                break;
            case SubtaskInputEnded m:
                Begin(to, Tag.InputEnded, m);
                break;
            case SubtaskAcknowledged m:
                Begin(to, Tag.Acknowledged, m);
                SnapshotFormat.Write(to, m);
                break;
            case SubtaskDeclined m:
                Begin(to, Tag.Declined, m);
                to.WriteVarInt64(m.CheckpointId);
                to.WriteString(m.Reason);
                break;
            case SubtaskCommitted m:
                Begin(to, Tag.Committed, m);
                to.WriteVarInt64(m.CheckpointId);
                break;
            case SubtaskFailed m:
                Begin(to, Tag.Failed, m);
                to.WriteString(m.Failure.Type);
                to.WriteString(m.Failure.Message);
                to.WriteByte((byte)m.Failure.Origin);
                to.WriteBoolean(m.Failure.CanRetry);
                break;
            case SubtaskStopped m:
                Begin(to, Tag.Stopped, m);
                break;
            default:
                throw new InvariantViolatedException($"A control message of the type {message.GetType().Name} has no wire form.");
        }
    }

    public static ControlMessage Read(DataReader from, string job, int attempt)
    {
        Tag tag = (Tag)from.ReadByte();
        switch (tag)
        {
            case Tag.Deploy:
                return DeploymentFormat.Read(from, job, attempt);
            case Tag.Cancel:
                return new CancelSubtasks(job, attempt);
            case Tag.Trigger:
                return new TriggerCheckpoint(job, attempt, new CheckpointBarrier(
                    from.ReadVarInt64(), from.ReadString()!, from.ReadBoolean(), from.ReadBoolean(), from.ReadBoolean(), from.ReadVarInt64()));
            case Tag.Complete:
                return new CompleteCheckpoint(job, attempt, from.ReadVarInt64());
            case Tag.Abort:
                return new AbortCheckpoint(job, attempt, from.ReadVarInt64());
            case Tag.Align:
                return new AlignSources(job, attempt, from.ReadString()!, from.ReadVarInt64());
            case Tag.Assign:
                return new AssignSplits(job, attempt, ReadSubtask(from), ReadSplits(from), from.ReadBoolean());
            default:
                return ReadEvent(from, tag, job, attempt, ReadSubtask(from));
        }
    }

    public static void WriteSubtask(DataWriter to, SubtaskId subtask)
    {
        to.WriteVarInt32(subtask.Vertex);
        to.WriteVarInt32(subtask.Index);
    }

    public static SubtaskId ReadSubtask(DataReader from) => new(from.ReadVarInt32(), from.ReadVarInt32());

    public static void WriteBytes(DataWriter to, ReadOnlySpan<byte> bytes)
    {
        to.WriteVarUInt32((uint)bytes.Length);
        to.WriteBytes(bytes);
    }

    public static byte[] ReadBytes(DataReader from) => from.ReadBytes(from.ReadCount()).ToArray();

    private static SubtaskEvent ReadEvent(DataReader from, Tag tag, string job, int attempt, SubtaskId subtask) => tag switch
    {
        Tag.Running => new SubtaskRunning(job, attempt, subtask),
        Tag.InputEnded => new SubtaskInputEnded(job, attempt, subtask),
        Tag.Acknowledged => SnapshotFormat.Read(from, job, attempt, subtask),
        Tag.Declined => new SubtaskDeclined(job, attempt, subtask, from.ReadVarInt64(), from.ReadString()!),
        Tag.Committed => new SubtaskCommitted(job, attempt, subtask, from.ReadVarInt64()),
        Tag.Failed => new SubtaskFailed(
            job, attempt, subtask, new SubtaskFailure(from.ReadString()!, from.ReadString()!, (FaultOrigin)from.ReadByte(), from.ReadBoolean(), null)),
        Tag.Stopped => new SubtaskStopped(job, attempt, subtask),
        _ => throw new SerializationException(
            $"A control message of job '{job}' has the unknown tag {(byte)tag}. All silos of a cluster must run the same build of OrleansStream."),
    };

    private static void Begin(DataWriter to, Tag tag, SubtaskEvent e)
    {
        to.WriteByte((byte)tag);
        WriteSubtask(to, e.Subtask);
    }

    private static void WriteSplits(DataWriter to, IReadOnlyList<AssignedSplit> splits)
    {
        to.WriteVarUInt32((uint)splits.Count);
        foreach (AssignedSplit split in splits)
        {
            to.WriteString(split.Split.Id);
            WriteBytes(to, split.Split.Position.Span);
            to.WriteVarInt64(split.Watermark);
            to.WriteBoolean(split.HasEnded);
        }
    }

    private static AssignedSplit[] ReadSplits(DataReader from)
    {
        AssignedSplit[] splits = new AssignedSplit[from.ReadCount()];
        for (int i = 0; i < splits.Length; i++)
        {
            splits[i] = new AssignedSplit(new SourceSplit(from.ReadString()!, ReadBytes(from)), from.ReadVarInt64(), from.ReadBoolean());
        }

        return splits;
    }
}
