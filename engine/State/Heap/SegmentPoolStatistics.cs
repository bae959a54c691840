namespace OrleansStream.Engine.State;

/// <summary>What a <see cref="SegmentPool"/> holds.</summary>
/// <param name="LiveBlocks">Blocks in use by tables and snapshots.</param>
/// <param name="LiveBytes">Their bytes.</param>
/// <param name="ReservedBytes">The bytes taken from the system or the managed heap, in use or kept for reuse.</param>
/// <param name="OpenSnapshots">Snapshots that have not been released.</param>
public readonly record struct SegmentPoolStatistics(long LiveBlocks, long LiveBytes, long ReservedBytes, int OpenSnapshots);
