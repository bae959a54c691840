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

    public static StoredWatermark Read(RestoredOperator restored)
    {
        StoredWatermark? lowest = null;
        foreach ((_, byte[] bytes) in restored.ReadAll(StateSectionKind.OperatorUnion, Name))
        {
            DataReader reader = new(bytes);
            StoredWatermark stored = new(reader.ReadInt64(), reader.ReadBoolean());
            if (lowest is not { } low || stored.Value < low.Value)
            {
                lowest = stored;
            }
            else if (stored.Value == low.Value)
            {
                lowest = new StoredWatermark(low.Value, low.IsFiring || stored.IsFiring);
            }
        }

        return lowest ?? new StoredWatermark(long.MinValue, false);
    }
}
