using System.Text.Json.Serialization;

namespace OrleansStream.Engine.Checkpointing;

/// <summary>Where one subtask's state of one checkpoint is, from <see cref="SubtaskSnapshotWriter"/>.</summary>
/// <param name="Subtask">The subtask.</param>
/// <param name="Path">The file in the checkpoint store; null when the subtask had nothing to save.</param>
/// <param name="Length">The file's bytes.</param>
/// <param name="Sections">The parts of the file, in their order in it.</param>
public sealed record SubtaskSnapshot(
    SubtaskId Subtask,
    string? Path,
    long Length,
    [property: JsonConverter(typeof(StateSectionsJson))] IReadOnlyList<StateSection> Sections)
{
    /// <summary>The snapshot of a subtask without state.</summary>
    /// <param name="subtask">The subtask.</param>
    public static SubtaskSnapshot Empty(SubtaskId subtask) => new(subtask, null, 0, []);
}
