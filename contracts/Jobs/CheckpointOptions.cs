namespace OrleansStream;

/// <summary>The options of checkpoints.</summary>
public sealed record CheckpointOptions
{
    /// <summary><c>checkpointing.interval</c>: time between the starts of two checkpoints. Default: null, off.</summary>
    public TimeSpan? Interval { get; init; }

    /// <summary><c>checkpointing.directory</c>: where checkpoints go; required with an interval.</summary>
    public string? Directory { get; init; }

    /// <summary><c>checkpointing.mode</c>: exactly once aligns barriers; at least once lets records overtake. Default: exactly once.</summary>
    public CheckpointMode Mode { get; init; } = CheckpointMode.ExactlyOnce;

    /// <summary><c>checkpointing.timeout</c>: an unfinished checkpoint is abandoned. Default: 10 minutes.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary><c>checkpointing.min-pause</c>: least time between the end of one and the start of the next. Default: zero.</summary>
    public TimeSpan MinPause { get; init; }

    /// <summary><c>checkpointing.max-concurrent</c>: how many may be under way. Default: 1.</summary>
    public int MaxConcurrent { get; init; } = 1;

    /// <summary>
    /// <c>checkpointing.unaligned</c>: barriers overtake records, which become part of the checkpoint, so that a slow consumer does not slow checkpoints. Needs <see cref="MaxConcurrent"/> = 1 and
    /// <see cref="CheckpointMode.ExactlyOnce"/>. Savepoints are aligned always. Default: false.
    /// </summary>
    public bool Unaligned { get; init; }

    /// <summary><c>checkpointing.aligned-timeout</c>: with <see cref="Unaligned"/>, how long a barrier waits for records before it overtakes them; zero to overtake at once. Default: zero.</summary>
    public TimeSpan AlignedTimeout { get; init; }

    /// <summary><c>checkpointing.tolerable-failures</c>: consecutive failures before the attempt fails. Default: 0.</summary>
    public int TolerableFailures { get; init; }

    /// <summary><c>checkpointing.retained</c>: completed checkpoints kept. Default: 1.</summary>
    public int Retained { get; init; } = 1;

    /// <summary><c>checkpointing.retention</c>: whether the last checkpoints outlive a cancelled job. Default: they are deleted.</summary>
    public CheckpointRetention Retention { get; init; } = CheckpointRetention.DeleteOnCancel;

    internal void Validate(Action<bool, string, object?, string> check)
    {
        check(Interval is null || Interval > TimeSpan.Zero, "checkpointing.interval", Interval, "must be positive");
        check(Interval is null || JobOptions.IsWhole(Interval.Value), "checkpointing.interval", Interval, JobOptions.WholeRule);
        check(Directory is null || !string.IsNullOrWhiteSpace(Directory), "checkpointing.directory", $"'{Directory}'", "must not be blank; leave it out for none");
        check(Interval is null || Directory is not null, "checkpointing.interval", Interval, "needs checkpointing.directory");
        check(Enum.IsDefined(Mode), "checkpointing.mode", Mode, "must be exactly-once or at-least-once");
        check(Timeout > TimeSpan.Zero, "checkpointing.timeout", Timeout, "must be positive");
        check(JobOptions.IsWhole(Timeout), "checkpointing.timeout", Timeout, JobOptions.WholeRule);
        check(MinPause >= TimeSpan.Zero, "checkpointing.min-pause", MinPause, "must not be negative");
        check(JobOptions.IsWhole(MinPause), "checkpointing.min-pause", MinPause, JobOptions.WholeRule);
        check(MaxConcurrent >= 1, "checkpointing.max-concurrent", MaxConcurrent, "must be at least 1");
        check(MinPause <= TimeSpan.Zero || MaxConcurrent <= 1, "checkpointing.min-pause", MinPause, $"needs checkpointing.max-concurrent = 1, not {MaxConcurrent}");
        check(
            !Unaligned || MaxConcurrent == 1, "checkpointing.unaligned", Unaligned,
            $"needs checkpointing.max-concurrent = 1, not {MaxConcurrent}");
        check(!Unaligned || Mode == CheckpointMode.ExactlyOnce, "checkpointing.unaligned", Unaligned, "needs checkpointing.mode = exactly-once: at least once has no alignment to leave out");
        check(AlignedTimeout >= TimeSpan.Zero, "checkpointing.aligned-timeout", AlignedTimeout, "must not be negative");
        check(JobOptions.IsWhole(AlignedTimeout), "checkpointing.aligned-timeout", AlignedTimeout, JobOptions.WholeRule);
        check(AlignedTimeout <= TimeSpan.Zero || Unaligned, "checkpointing.aligned-timeout", AlignedTimeout, "needs checkpointing.unaligned = true");
        check(TolerableFailures >= 0, "checkpointing.tolerable-failures", TolerableFailures, "must not be negative");
        check(Enum.IsDefined(Retention), "checkpointing.retention", Retention, "must be delete-on-cancel or retain-on-cancel");
        check(Retained >= 1, "checkpointing.retained", Retained, "must be at least 1");
    }
}

/// <summary>What a checkpoint promises.</summary>
public enum CheckpointMode
{
    /// <summary>Each record is in the state exactly once.</summary>
    ExactlyOnce,

    /// <summary>Barriers are not aligned; after a failure records may be in the state twice.</summary>
    AtLeastOnce,
}

/// <summary>What becomes of the last checkpoints when a job is cancelled.</summary>
public enum CheckpointRetention
{
    /// <summary>They are deleted.</summary>
    DeleteOnCancel,

    /// <summary>They stay, for a later resume.</summary>
    RetainOnCancel,
}
