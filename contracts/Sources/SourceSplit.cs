namespace OrleansStream;

/// <summary>A part of a source that one reader reads at a time, with the position from which to go on.</summary>
/// <param name="Id">Names the split for ever: a file's path, a topic and partition.</param>
/// <param name="Position">Where to go on, in the connector's own encoding; empty for a split that is new.</param>
public sealed record SourceSplit(string Id, ReadOnlyMemory<byte> Position = default);
