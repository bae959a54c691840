namespace OrleansStream.Engine.Checkpointing;

/// <summary>When checkpoints are taken and what a failed one means. The options <c>checkpointing.*</c> with their defaults.</summary>
public sealed record CheckpointPolicy
{
    /// <summary><c>checkpointing.interval</c>: the base period; null for no periodic checkpoints.</summary>
    public long? IntervalMs { get; init; }

    /// <summary><c>checkpointing.timeout</c>: an unfinished checkpoint is abandoned after this time.</summary>
    public long TimeoutMs { get; init; } = 600_000;

    /// <summary><c>checkpointing.min-pause</c>: least time between the end of one checkpoint and the start of the next periodic one.
    /// Not together with <see cref="MaxConcurrent"/> above 1: there is no pause between checkpoints that overlap.</summary>
    public long MinPauseMs { get; init; }

    /// <summary><c>checkpointing.max-concurrent</c>: how many may be under way; 1 for unaligned ones.</summary>
    public int MaxConcurrent { get; init; } = 1;

    /// <summary><c>checkpointing.tolerable-failures</c>: how many may fail one after the other before the attempt fails.</summary>
    public int TolerableFailures { get; init; }

    /// <summary><c>checkpointing.retained</c>: how many completed ones are kept.</summary>
    public int Retained { get; init; } = 1;

    /// <summary><c>checkpointing.unaligned</c>: carried to the barrier; savepoints are aligned always.</summary>
    public bool Unaligned { get; init; }

    /// <summary><c>checkpointing.aligned-timeout</c>: with unaligned, how long a barrier stays aligned; 0 to overtake at once.</summary>
    public long AlignedTimeoutMs { get; init; }

    /// <summary>What is wrong with these settings, a sentence for each; empty if nothing is.</summary>
    public IReadOnlyList<string> Problems()
    {
        var problems = new List<string>();
        void Need(bool holds, string sentence)
        {
            if (!holds)
            {
                problems.Add(sentence);
            }
        }

        Need(IntervalMs is null or > 0, $"checkpointing.interval = {IntervalMs} ms: it must be positive, or left out for no periodic checkpoints.");
        Need(TimeoutMs > 0, $"checkpointing.timeout = {TimeoutMs} ms: it must be positive.");
        Need(MinPauseMs >= 0, $"checkpointing.min-pause = {MinPauseMs} ms: it must not be negative.");
        Need(MaxConcurrent >= 1, $"checkpointing.max-concurrent = {MaxConcurrent}: it must be at least 1.");
        Need(TolerableFailures >= 0, $"checkpointing.tolerable-failures = {TolerableFailures}: it must not be negative.");
        Need(Retained >= 1, $"checkpointing.retained = {Retained}: it must be at least 1.");
        Need(AlignedTimeoutMs >= 0, $"checkpointing.aligned-timeout = {AlignedTimeoutMs} ms: it must not be negative.");
        Need(
            !Unaligned || MaxConcurrent == 1,
            $"checkpointing.unaligned = true with checkpointing.max-concurrent = {MaxConcurrent}: unaligned checkpoints need 1.");
        Need(
            MinPauseMs <= 0 || MaxConcurrent <= 1,
            $"checkpointing.min-pause = {MinPauseMs} ms with checkpointing.max-concurrent = {MaxConcurrent}: a pause needs 1.");
        return problems;
    }
}
