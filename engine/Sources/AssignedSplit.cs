using OrleansStream.Engine.Checkpointing;
using OrleansStream.Serialization;

namespace OrleansStream.Engine.Sources;

/// <summary>A split as the master assigns it and a checkpoint stores it.</summary>
/// <param name="Split">The split and its position.</param>
/// <param name="Watermark">The watermark that it had reached; <c>long.MinValue</c> for a new one.</param>
/// <param name="HasEnded">Whether it gives no record any more; kept so that it is not discovered anew.</param>
public sealed record AssignedSplit(SourceSplit Split, long Watermark, bool HasEnded);

/// <summary>The splits of a reader in a checkpoint.</summary>
internal static class StoredSplits
{
    public const string Name = "splits";

    public static StateDescription Description { get; } = new(Name, StateSectionKind.SourceSplits, null, nameof(SourceSplit), [], []);

    public static byte[] Write(IReadOnlyCollection<AssignedSplit> splits, bool noMoreSplits)
    {
        DataWriter writer = new();
        writer.WriteBoolean(noMoreSplits);
        writer.WriteInt32(splits.Count);
        foreach (AssignedSplit split in splits)
        {
            writer.WriteString(split.Split.Id);
            writer.WriteInt32(split.Split.Position.Length);
            writer.WriteBytes(split.Split.Position.Span);
            writer.WriteInt64(split.Watermark);
            writer.WriteBoolean(split.HasEnded);
        }

        return writer.ToArray();
    }

    public static List<AssignedSplit> Read(byte[] bytes, out bool noMoreSplits)
    {
        DataReader reader = new(bytes);
        noMoreSplits = reader.ReadBoolean();
        int count = reader.ReadInt32();
        List<AssignedSplit> splits = [];
        for (int i = 0; i < count; i++)
        {
            string id = reader.ReadString() ?? "";
            byte[] position = reader.ReadBytes(reader.ReadInt32()).ToArray();
            long watermark = reader.ReadInt64();
            splits.Add(new AssignedSplit(new SourceSplit(id, position), watermark, reader.ReadBoolean()));
        }

        return splits;
    }
}
