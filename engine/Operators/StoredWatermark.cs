using OrleansStream.Engine.Checkpointing;
using OrleansStream.Engine.State;
using OrleansStream.Serialization;

namespace OrleansStream.Engine.Operators;

/// <summary>
/// The watermark of a keyed operator in a snapshot, so that after a restore a record is late exactly if it would have been late without the failure. After a change of
/// parallelism it is the smallest of those that the subtasks had.
/// </summary>
/// <param name="Value">The watermark.</param>
/// <param name="IsFiring">Whether some of what it sets free has not fired yet.</param>
internal readonly record struct StoredWatermark(long Value, bool IsFiring)
{
    private const string Name = "watermark";

    public void Write(SnapshotCollector snapshot, string uid)
    {
        DataWriter writer = new();
        writer.WriteInt64(Value);
        writer.WriteBoolean(IsFiring);
        snapshot.AddBytes(uid, new StateDescription(Name, StateSectionKind.OperatorUnion, null, "watermark", [], []), writer.ToArray());
    }

    public static StoredWatermark Read(RestoredOperator restored, OperatorSetup setup)
    {
        long? lowest = null;
        bool isFiring = false;
        foreach ((int subtask, byte[] bytes) in restored.ReadAll(StateSectionKind.OperatorUnion, Name))
        {
            if (restored.Parallelism == setup.Parallelism && subtask != setup.Subtask)
            {
                continue;
            }

            DataReader reader = new(bytes);
            lowest = Math.Min(reader.ReadInt64(), lowest ?? long.MaxValue);
            // A subtask in mid-firing may have left something below the watermarks of the others.
            isFiring |= reader.ReadBoolean();
        }

        return new StoredWatermark(lowest ?? long.MinValue, isFiring);
    }
}
