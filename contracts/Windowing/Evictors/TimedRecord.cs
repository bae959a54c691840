namespace OrleansStream;

/// <summary>A record of a window with its timestamp.</summary>
/// <typeparam name="T">The type of the record.</typeparam>
/// <param name="Value">The record.</param>
/// <param name="Timestamp">Its timestamp in milliseconds; <c>long.MinValue</c> if it has none.</param>
public readonly record struct TimedRecord<T>(T Value, long Timestamp);
