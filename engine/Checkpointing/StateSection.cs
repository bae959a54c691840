namespace OrleansStream.Engine.Checkpointing;

/// <summary>A part of a subtask's file that is read, and verified, by itself.</summary>
/// <param name="Operator">The uid of the operator whose state it is.</param>
/// <param name="Name">The name of the state.</param>
/// <param name="Kind">How it is shared out on restore.</param>
/// <param name="KeyGroup">Its key group; -1 for state that has none.</param>
/// <param name="Offset">Its first byte in the file.</param>
/// <param name="Length">Its bytes.</param>
/// <param name="Checksum">XXH64 of its bytes.</param>
public sealed record StateSection(
    string Operator, string Name, StateSectionKind Kind, int KeyGroup, long Offset, long Length, ulong Checksum)
{
    /// <summary>The <see cref="KeyGroup"/> of state that is not divided by key group.</summary>
    public const int NoKeyGroup = -1;
}
