using OrleansStream.Engine.Checkpointing;
using OrleansStream.Engine.Nodes;
using OrleansStream.Serialization;

namespace OrleansStream.Grains;

/// <summary>The bytes of the metrics that come with a task host's heartbeat.</summary>
internal static class SubtaskMetricsFormat
{
    public static void Write(DataWriter to, IReadOnlyList<SubtaskMetrics>? metrics)
    {
        to.WriteBoolean(metrics is not null);
        if (metrics is null)
        {
            return;
        }

        to.WriteVarUInt32((uint)metrics.Count);
        foreach (SubtaskMetrics subtask in metrics)
        {
            to.WriteVarInt32(subtask.Subtask.Vertex);
            to.WriteVarInt32(subtask.Subtask.Index);
            to.WriteVarUInt32((uint)subtask.Operators.Count);
            foreach (OperatorCounts counts in subtask.Operators)
            {
                to.WriteVarInt64(counts.RecordsIn);
                to.WriteVarInt64(counts.RecordsOut);
                to.WriteVarInt64(counts.LateDropped);
                to.WriteVarInt64(counts.BadRecords);
                to.WriteVarInt64(counts.Watermark);
                to.WriteVarUInt32((uint)counts.HotKeys.Count);
                foreach (HotKey hot in counts.HotKeys)
                {
                    to.WriteString(hot.Key);
                    to.WriteDouble(hot.Share);
                }

                to.WriteVarInt64(counts.Lag ?? -1);
                to.WriteString(counts.AlignmentGroup);
                to.WriteVarInt64(counts.AlignedMs);
            }

            to.WriteVarInt32(subtask.QueuedElements);
            to.WriteVarInt64(subtask.BusyNs);
            to.WriteVarInt64(subtask.BlockedNs);
            to.WriteVarInt64(subtask.IdleNs);
        }
    }

    public static IReadOnlyList<SubtaskMetrics>? Read(DataReader from)
    {
        if (!from.ReadBoolean())
        {
            return null;
        }

        SubtaskMetrics[] metrics = new SubtaskMetrics[from.ReadCount()];
        for (int i = 0; i < metrics.Length; i++)
        {
            SubtaskId subtask = new(from.ReadVarInt32(), from.ReadVarInt32());
            OperatorCounts[] operators = new OperatorCounts[from.ReadCount()];
            for (int k = 0; k < operators.Length; k++)
            {
                operators[k] = new OperatorCounts(from.ReadVarInt64(), from.ReadVarInt64(), from.ReadVarInt64(), from.ReadVarInt64(), from.ReadVarInt64())
                {
                    HotKeys = ReadHotKeys(from),
                    Lag = from.ReadVarInt64() is >= 0 and long lag ? lag : null,
                    AlignmentGroup = from.ReadString(),
                    AlignedMs = from.ReadVarInt64(),
                };
            }

            metrics[i] = new SubtaskMetrics(subtask, operators, from.ReadVarInt32(), from.ReadVarInt64(), from.ReadVarInt64(), from.ReadVarInt64());
        }

        return metrics;
    }

    private static HotKey[] ReadHotKeys(DataReader from)
    {
        HotKey[] hot = new HotKey[from.ReadCount()];
        for (int i = 0; i < hot.Length; i++)
        {
            hot[i] = new HotKey(from.ReadString()!, from.ReadDouble());
        }

        return hot;
    }
}
