namespace OrleansStream;

/// <summary>
/// Makes the watermarks of one split. One object per split, called on the subtask's thread. Watermarks that are not higher than the last one are ignored.
/// </summary>
/// <typeparam name="T">The type of the records.</typeparam>
public interface IWatermarkGenerator<T>
{
    /// <summary>Called for each record.</summary>
    /// <param name="value">The record.</param>
    /// <param name="timestamp">Its timestamp in milliseconds.</param>
    /// <returns>A watermark to emit at once, or <c>long.MinValue</c> for none.</returns>
    long OnRecord(in T value, long timestamp);

    /// <summary>Called on the job's <c>watermark.interval</c>.</summary>
    /// <returns>The watermark to emit, or <c>long.MinValue</c> for none.</returns>
    long OnPeriodic();
}
