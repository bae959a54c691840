using OrleansStream.Connectors.Kafka.Native;

namespace OrleansStream.Connectors.Kafka.Reading;

/// <summary>A partition that a reader reads, with the queue that the client fills for it.</summary>
internal sealed class AssignedPartition(int handle, KafkaPartition name, PartitionPosition position, nint queue)
{
    private long _oldest;

    public int Handle { get; } = handle;

    public KafkaPartition Name { get; } = name;

    public nint Queue { get; } = queue;

    /// <summary>The offset behind the last record that was emitted or left out.</summary>
    public long Next { get; set; } = position.Next;

    public long Stop { get; } = position.Stop;

    /// <summary>Whether it is left out for now.</summary>
    public bool IsHeld { get; set; }

    /// <summary>What the newest snapshot holds, for the group's offsets.</summary>
    public long Snapshotted { get; set; } = -1;

    /// <summary>The end of the partition as the client knows it; −1 if it does not.</summary>
    public long End { get; set; } = -1;

    public long Lag => Math.Max(0, Math.Min(End, Stop) - Math.Max(_oldest, Next));

    public unsafe void Refresh(RdClient client)
    {
        if (Rd.GetWatermarkOffsets(client.Handle, Name.Topic, Name.Partition, out long low, out long high) == 0 && high >= 0)
        {
            End = high;
            _oldest = Math.Max(0, low);
        }
    }
}
