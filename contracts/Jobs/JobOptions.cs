namespace OrleansStream;

/// <summary>
/// The options of a job. Immutable; checked as a whole when the job starts, all errors at once. In JSON and on the command line an option is the dotted key that its
/// comment names, in the environment <c>OSTREAM_CHECKPOINTING__MIN_PAUSE</c>.
/// </summary>
public sealed record JobOptions
{
    /// <summary><c>job.name</c>: what the job's log and checkpoints are filed under. Default: the name of the job's type.</summary>
    public string? Name { get; init; }

    /// <summary><c>parallelism</c>: subtasks per operator. Default: the number of processor cores.</summary>
    public int? Parallelism { get; init; }

    /// <summary><c>max-parallelism</c>: key groups, a power of two; fixed once the job has state. Default: the next power of two of 1.5 × parallelism, 128 to 32,768.</summary>
    public int? MaxParallelism { get; init; }

    /// <summary>Checkpoints.</summary>
    public CheckpointOptions Checkpointing { get; init; } = new();

    /// <summary>What happens after a failure.</summary>
    public RestartOptions Restart { get; init; } = new();

    /// <summary><c>watermark.interval</c>: how often sources emit watermarks, at multiples of it by the clock, so that those of all sources come together. Zero: after every batch. Default: 200 ms.</summary>
    public TimeSpan WatermarkInterval { get; init; } = TimeSpan.FromMilliseconds(200);

    /// <summary><c>watermark.interval = per-record</c>: a watermark after each record that raises it. Exact and slow: for tests and replays.</summary>
    public bool WatermarkPerRecord { get; init; }

    /// <summary><c>exchange.buffer-timeout</c>: the longest a record waits in an unfinished batch. Zero: no longer than a poll. Default: 10 ms.</summary>
    public TimeSpan BufferTimeout { get; init; } = TimeSpan.FromMilliseconds(10);

    /// <summary><c>exchange.batch-size</c>: records per batch. Default: 1024.</summary>
    public int BatchSize { get; init; } = 1024;

    /// <summary><c>exchange.memory</c>: bytes in flight between the subtasks of a task host. Default: 256 MiB.</summary>
    public long ExchangeMemory { get; init; } = 256L << 20;

    /// <summary>Keyed functions and keyed grains.</summary>
    public KeyedOptions Keyed { get; init; } = new();

    /// <summary><c>worker.isolate-slow</c>: a subtask that has held a worker for more than 100 ms gets a thread of its own. Default: false.</summary>
    public bool IsolateSlow { get; init; }

    /// <summary><c>taskhost.heartbeat</c>: how often the job master and a node that runs subtasks of the job speak when they have nothing to say. Default: 1 s.</summary>
    public TimeSpan TaskHostHeartbeat { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>
    /// <c>taskhost.lease</c>: a node that has not heard from the job master for so long stops its subtasks, and a master that has not heard from a node for so long restarts the job without it. Short finds
    /// failures soon, long bears pauses of the process or the network. Default: 10 s.
    /// </summary>
    public TimeSpan TaskHostLease { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary><c>on-bad-record</c>: what a source does with input that cannot be read. Default: fail.</summary>
    public BadRecordPolicy OnBadRecord { get; init; } = BadRecordPolicy.Fail;

    /// <summary><c>resume</c>: start from the newest completed checkpoint in the checkpoint directory, if there is one.</summary>
    public bool Resume { get; init; }

    /// <summary><c>from-savepoint</c>: start from this savepoint, a path in the checkpoint directory's store or of a file system.</summary>
    public string? FromSavepoint { get; init; }

    /// <summary><c>allow-dropped-state</c>: start although the snapshot has state of an operator that the job has not.</summary>
    public bool AllowDroppedState { get; init; }

    /// <summary>The arguments of the job, <c>--set name=value</c>.</summary>
    public JobArguments Arguments { get; init; } = JobArguments.Empty;

    /// <summary>Lists what is wrong with the options, each with the option, its value and the rule; nothing if all is well.</summary>
    public IReadOnlyList<string> Validate()
    {
        List<string> errors = [];
        void Check(bool ok, string option, object? value, string rule)
        {
            if (!ok)
            {
                errors.Add($"{option} = {value}: {rule}");
            }
        }

        // With one of these missing nothing can be said about what is in it.
        Check(Checkpointing is not null, "checkpointing", "null", "must not be null; leave it out for the defaults");
        Check(Restart is not null, "restart", "null", "must not be null; leave it out for the defaults");
        Check(Keyed is not null, "keyed", "null", "must not be null; leave it out for the defaults");
        Check(Arguments is not null, "arguments", "null", "must not be null; leave it out for none");
        if (Checkpointing is null || Restart is null || Keyed is null)
        {
            return errors;
        }

        Check(Name is null || !string.IsNullOrWhiteSpace(Name), "job.name", $"'{Name}'", "must not be blank");
        Check(Parallelism is null or (>= 1 and <= 32768), "parallelism", Parallelism, "must be from 1 to 32768");
        Check(
            MaxParallelism is null || (MaxParallelism is >= 1 and <= 32768 && int.IsPow2(MaxParallelism.Value)),
            "max-parallelism", MaxParallelism, "must be a power of two from 1 to 32768");
        Check(
            MaxParallelism is null || Parallelism is null || Parallelism <= MaxParallelism,
            "max-parallelism", MaxParallelism, $"must be at least the parallelism, {Parallelism}");
        Check(WatermarkInterval >= TimeSpan.Zero, "watermark.interval", WatermarkInterval, "must not be negative");
        Check(IsWhole(WatermarkInterval), "watermark.interval", WatermarkInterval, WholeRule);
        Check(BufferTimeout >= TimeSpan.Zero, "exchange.buffer-timeout", BufferTimeout, "must not be negative");
        Check(IsWhole(BufferTimeout), "exchange.buffer-timeout", BufferTimeout, WholeRule);
        Check(BatchSize is >= 1 and <= 65536, "exchange.batch-size", BatchSize, "must be from 1 to 65536");
        Check(ExchangeMemory >= 1 << 20, "exchange.memory", ExchangeMemory, "must be at least 1 MiB (1048576)");
        Check(
            TaskHostHeartbeat >= TimeSpan.FromMilliseconds(1) && TaskHostHeartbeat <= TimeSpan.FromHours(1), "taskhost.heartbeat", TaskHostHeartbeat, "must be from 1 ms to 1 h");
        Check(
            TaskHostLease >= 3 * TaskHostHeartbeat && TaskHostLease <= TimeSpan.FromDays(1), "taskhost.lease", TaskHostLease,
            $"must be from three times taskhost.heartbeat, {TaskHostHeartbeat}, so that a lost heartbeat is no lost node, to 1 d");
        Check(Enum.IsDefined(OnBadRecord), "on-bad-record", OnBadRecord, "must be fail, skip or side-output");
        Check(FromSavepoint is null || !string.IsNullOrWhiteSpace(FromSavepoint), "from-savepoint", $"'{FromSavepoint}'", "must not be blank; leave it out to start without one");
        Check(!Resume || FromSavepoint is null, "from-savepoint", FromSavepoint, "cannot be given together with resume");
        Check(!Resume || Checkpointing.Directory is not null, "resume", Resume, "needs checkpointing.directory");
        Checkpointing.Validate(Check);
        Restart.Validate(Check);
        Keyed.Validate(Check);
        return errors;
    }

    /// <summary>What is said of a duration that has a part of a millisecond.</summary>
    internal const string WholeRule = "must be a whole number of milliseconds";

    /// <summary>Whether a duration is counted without loss; all are, in milliseconds.</summary>
    internal static bool IsWhole(TimeSpan duration) => duration.Ticks % TimeSpan.TicksPerMillisecond == 0;

    /// <summary>Throws if anything is wrong.</summary>
    /// <exception cref="OptionsException">Lists all that <see cref="Validate"/> finds.</exception>
    public void ThrowIfInvalid()
    {
        IReadOnlyList<string> errors = Validate();
        if (errors.Count > 0)
        {
            throw new OptionsException($"{errors.Count} option{(errors.Count == 1 ? " is" : "s are")} wrong:\n  " + string.Join("\n  ", errors));
        }
    }
}

/// <summary>What a source does with input that cannot be read as a record.</summary>
public enum BadRecordPolicy
{
    /// <summary>The job fails and names the place.</summary>
    Fail,

    /// <summary>It is counted and left out.</summary>
    Skip,

    /// <summary>It goes to the source's side output <see cref="BadRecord.Tag"/> and is counted.</summary>
    SideOutput,
}
