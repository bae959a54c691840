using OrleansStream.Engine.Checkpointing;
using OrleansStream.Engine.State;
using OrleansStream.Serialization;

namespace OrleansStream.Engine.Operators;

/// <summary>What the state of an operator depends on beside its types, in a snapshot: state that was made for one kind of windows means nothing for another.</summary>
internal static class StoredShape
{
    private const string Name = "shape";

    /// <summary>Puts it into a snapshot; null for nothing.</summary>
    public static void Write(SnapshotCollector snapshot, string uid, string? shape)
    {
        if (shape is not null)
        {
            DataWriter writer = new();
            writer.WriteString(shape);
            snapshot.AddBytes(uid, new StateDescription(Name, StateSectionKind.OperatorUnion, null, Name, [], []), writer.ToArray());
        }
    }

    /// <summary>Refuses a snapshot of another shape.</summary>
    /// <exception cref="StateRestoreException">The shape differs; both are named.</exception>
    public static void Require(RestoredOperator restored, OperatorSetup setup, string? shape)
    {
        foreach ((_, byte[] bytes) in restored.ReadAll(StateSectionKind.OperatorUnion, Name))
        {
            if (new DataReader(bytes).ReadString() is { } stored && stored != shape)
            {
                throw new StateRestoreException(
                    $"Operator '{setup.Name}' (uid '{setup.Uid}'): its state in the snapshot is of windows with {stored} (milliseconds), the job's windows have {shape ?? "no such thing"}. "
                    + "Restore with the windows of the snapshot; or give the operator another uid and start with --allow-dropped-state, so that it begins empty.");
            }
        }
    }
}
