namespace OrleansStream;

/// <summary>How asynchronous calls of an operator are made: how many at a time, in what order their results leave, how long one may take, what happens when one fails.</summary>
public sealed record AsyncOptions
{
    /// <summary>
    /// How many records a subtask may have in flight: called and not yet emitted. When it is reached, no further record is taken, so that a slow service slows the source. Default: 100.
    /// </summary>
    public int Capacity { get; init; } = 100;

    /// <summary>
    /// Whether results leave in the order of the records. If not, they leave as they come, but none goes past a watermark: what came before it leaves before it, what came after it after it. Default: true.
    /// </summary>
    public bool Ordered { get; init; } = true;

    /// <summary>
    /// The longest a record may wait for its results, all repetitions and their pauses included; then <see cref="AsyncFunction{TIn, TOut}.OnTimeout"/> decides, and fails the attempt if it is not overridden.
    /// <see cref="System.Threading.Timeout.InfiniteTimeSpan"/> for no limit. After a restore it begins anew. Default: 30 s.
    /// </summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>What is done with a call that failed. Default: nothing, the attempt fails.</summary>
    public Retry Retry { get; init; } = Retry.None;

    internal long TimeoutMs => Timeout == System.Threading.Timeout.InfiniteTimeSpan ? long.MaxValue : (long)Math.Ceiling(Timeout.TotalMilliseconds);

    internal void Validate()
    {
        if (Capacity < 1)
        {
            throw new JobDefinitionException($"AsyncOptions.Capacity = {Capacity}: at least one record must be in flight. Give 1 or more.");
        }

        if (Timeout <= TimeSpan.Zero && Timeout != System.Threading.Timeout.InfiniteTimeSpan)
        {
            throw new JobDefinitionException($"AsyncOptions.Timeout = {Timeout}: no call could ever end in time. Give a positive time, or Timeout.InfiniteTimeSpan for no limit.");
        }

        if (Retry is null)
        {
            throw new JobDefinitionException("AsyncOptions.Retry is null. Leave it out, or give Retry.None.");
        }
    }
}
