namespace OrleansStream.Engine.Sources;

/// <summary>Where the reading of a split stands, for people and tools.</summary>
/// <param name="Id">The split.</param>
/// <param name="Position">Its position in the words of its connector, such as <c>offset 42</c>; null if the connector has none.</param>
/// <param name="Watermark">The watermark that it has reached; <c>long.MinValue</c> for none yet.</param>
/// <param name="HasEnded">Whether it gives no record any more.</param>
public sealed record SplitStatus(string Id, string? Position, long Watermark, bool HasEnded);
