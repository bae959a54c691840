namespace OrleansStream.Engine.Checkpointing;

/// <summary>A completed checkpoint that was not dropped.</summary>
/// <param name="CheckpointId">The checkpoint.</param>
/// <param name="Attempt">The attempt that took it.</param>
/// <param name="Kind">Why it was taken.</param>
/// <param name="MetadataPath">Its metadata file.</param>
/// <param name="Digest">The digest of that file.</param>
public sealed record CompletedCheckpoint(long CheckpointId, int Attempt, CheckpointKind Kind, string MetadataPath, string Digest);
