namespace OrleansStream;

/// <summary>What a function may ask while it processes a record. One object per operator, valid during the call only.</summary>
public abstract class FunctionContext
{
    /// <summary>The timestamp of the record in milliseconds since the Unix epoch; <see cref="Batch{T}.NoTimestamp"/> if it has none.</summary>
    public long Timestamp { get; internal set; } = long.MinValue;

    /// <summary>The watermark of the operator: no record with a timestamp at or below it will come on time. <c>long.MinValue</c> before the first.</summary>
    public long Watermark { get; internal set; } = long.MinValue;

    /// <summary>The host's clock in milliseconds since the Unix epoch; virtual in tests.</summary>
    public abstract long ProcessingTime { get; }

    /// <summary>Emits a record to a side output, with the timestamp that <see cref="Output{T}.Emit(in T)"/> would give it.</summary>
    /// <typeparam name="TSide">The type of the side output's records.</typeparam>
    /// <param name="tag">The side output; where nobody asks for it with <c>GetSideOutput</c> the record is dropped.</param>
    /// <param name="value">The record.</param>
    public abstract void Emit<TSide>(OutputTag<TSide> tag, in TSide value);

    /// <summary>Counts a record that came too late and goes nowhere.</summary>
    internal virtual void CountLate()
    {
    }
}
