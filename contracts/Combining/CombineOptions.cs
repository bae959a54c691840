namespace OrleansStream;

/// <summary>How records are combined before they are sent to the subtask that owns their key.</summary>
public sealed record CombineOptions
{
    /// <summary>
    /// How many partial results a sending subtask holds: one for each key, and of aligned windows one for each key and slice of time. When it is reached all are sent, so it bounds the memory. Default: 4096.
    /// </summary>
    public int Capacity { get; init; } = 4096;

    /// <summary>
    /// The longest that a partial result without a window is held, by the host's clock; whole milliseconds. Windows do not need it: they are sent when the watermark asks for them. Default: 100 ms.
    /// </summary>
    public TimeSpan MaxDelay { get; init; } = TimeSpan.FromMilliseconds(100);

    internal long MaxDelayMs => (long)MaxDelay.TotalMilliseconds;

    internal void Validate()
    {
        if (Capacity < 1)
        {
            throw new JobDefinitionException($"CombineOptions.Capacity = {Capacity}: at least one partial result must be held. Give 1 or more.");
        }

        if (MaxDelay < TimeSpan.FromMilliseconds(1))
        {
            throw new JobDefinitionException($"CombineOptions.MaxDelay = {MaxDelay}: nothing would be combined. Give 1 ms or more, or leave CombineLocally out.");
        }
    }
}
