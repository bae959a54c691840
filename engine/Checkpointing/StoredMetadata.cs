namespace OrleansStream.Engine.Checkpointing;

/// <summary>A metadata file that is durable in the store.</summary>
/// <param name="Path">Its path.</param>
/// <param name="Digest">SHA-256 of its bytes, in hex; the job log holds it.</param>
public sealed record StoredMetadata(string Path, string Digest);
