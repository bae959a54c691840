namespace OrleansStream.TestKit;

/// <summary>One thing that left the operator, in the order in which it did.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Value">The record; null for anything else.</param>
/// <param name="Timestamp">The record's timestamp (<see cref="Batch{T}.NoTimestamp"/> if it has none), or the watermark.</param>
/// <param name="Side">The side output; null for the main one.</param>
public readonly record struct HarnessOutput(HarnessOutputKind Kind, object? Value, long Timestamp, OutputTag? Side);
