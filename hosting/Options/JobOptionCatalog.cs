using System.Globalization;
using System.Linq.Expressions;

namespace OrleansStream.Hosting;

/// <summary>
/// Every option of a job: what the command line, the environment and appsettings.json are read by, and what <c>--help</c> prints. The arguments of a job (<c>--set name=value</c>) come beside them.
/// </summary>
public static class JobOptionCatalog
{
    private static readonly JobOptions s_defaults = new();

    /// <summary>All options, in the order in which help shows them.</summary>
    public static IReadOnlyList<JobOption> All { get; } =
    [
        Text("job.name", o => o.Name, (o, v) => o with { Name = v }, "the job type's name", "What the job's log and checkpoints are filed under.", "job-name"),
        Whole("parallelism", o => o.Parallelism, (o, v) => o with { Parallelism = v }, "processor cores", "Subtasks per operator."),
        Whole(
            "max-parallelism", o => o.MaxParallelism, (o, v) => o with { MaxParallelism = v }, "128 or more, by parallelism",
            "Key groups, a power of two; fixed once the job has state."),
        Text(
            "checkpointing.directory", o => o.Checkpointing.Directory, (o, v) => Checkpoints(o, c => c with { Directory = v }), "none",
            "Where checkpoints and the job's log go; required with an interval.", "checkpoint-dir"),
        Duration(
            "checkpointing.interval", o => o.Checkpointing.Interval, (o, v) => Checkpoints(o, c => c with { Interval = v }), "off",
            "Time between the starts of two checkpoints; off for none."),
        Words("checkpointing.mode", o => o.Checkpointing.Mode, (o, v) => Checkpoints(o, c => c with { Mode = v }), "Whether barriers are aligned."),
        Duration("checkpointing.timeout", o => o.Checkpointing.Timeout, (o, v) => Checkpoints(o, c => c with { Timeout = v }), "When an unfinished checkpoint is given up."),
        Duration(
            "checkpointing.min-pause", o => o.Checkpointing.MinPause, (o, v) => Checkpoints(o, c => c with { MinPause = v }),
            "Least time between the end of a checkpoint and the start of the next."),
        Whole(
            "checkpointing.max-concurrent", o => o.Checkpointing.MaxConcurrent, (o, v) => Checkpoints(o, c => c with { MaxConcurrent = v }),
            "How many checkpoints may be under way."),
        Flag(
            "checkpointing.unaligned", o => o.Checkpointing.Unaligned, (o, v) => Checkpoints(o, c => c with { Unaligned = v }),
            "Barriers overtake records, which become part of the checkpoint; needs max-concurrent 1 and exactly-once."),
        Duration(
            "checkpointing.aligned-timeout", o => o.Checkpointing.AlignedTimeout, (o, v) => Checkpoints(o, c => c with { AlignedTimeout = v }),
            "How long a barrier waits for records before it overtakes them, with unaligned; 0: not at all."),
        Whole(
            "checkpointing.tolerable-failures", o => o.Checkpointing.TolerableFailures, (o, v) => Checkpoints(o, c => c with { TolerableFailures = v }),
            "Checkpoints that may fail in a row before the attempt fails."),
        Whole("checkpointing.retained", o => o.Checkpointing.Retained, (o, v) => Checkpoints(o, c => c with { Retained = v }), "Completed checkpoints that are kept."),
        Words(
            "checkpointing.retention", o => o.Checkpointing.Retention, (o, v) => Checkpoints(o, c => c with { Retention = v }),
            "Whether the last checkpoints outlive a cancelled job."),
        Flag("resume", o => o.Resume, (o, v) => o with { Resume = v }, "Start from the newest completed checkpoint in the directory, if there is one."),
        Text(
            "from-savepoint", o => o.FromSavepoint, (o, v) => o with { FromSavepoint = v }, "none",
            "Start from this savepoint: a path in the checkpoint directory or of the file system."),
        Flag(
            "allow-dropped-state", o => o.AllowDroppedState, (o, v) => o with { AllowDroppedState = v },
            "Start although the snapshot has state of an operator that the job has not."),
        Optional(
            "restart", o => o.Restart.Strategy, (o, v) => Restarts(o, r => r with { Strategy = v }), "exponential-delay with checkpoints, else none",
            "What happens after a failure."),
        Whole("restart.attempts", o => o.Restart.Attempts, (o, v) => Restarts(o, r => r with { Attempts = v }), "Restarts before giving up, with fixed-delay."),
        Duration("restart.delay", o => o.Restart.Delay, (o, v) => Restarts(o, r => r with { Delay = v }), "The pause, with fixed-delay and failure-rate."),
        Duration("restart.initial-delay", o => o.Restart.InitialDelay, (o, v) => Restarts(o, r => r with { InitialDelay = v }), "The first pause, with exponential-delay."),
        Duration("restart.max-delay", o => o.Restart.MaxDelay, (o, v) => Restarts(o, r => r with { MaxDelay = v }), "The longest pause, with exponential-delay."),
        Fraction("restart.multiplier", o => o.Restart.Multiplier, (o, v) => Restarts(o, r => r with { Multiplier = v }), "How the pause grows, with exponential-delay."),
        Fraction("restart.jitter", o => o.Restart.Jitter, (o, v) => Restarts(o, r => r with { Jitter = v }), "The part of the pause that is random, with exponential-delay."),
        Duration(
            "restart.reset-after", o => o.Restart.ResetAfter, (o, v) => Restarts(o, r => r with { ResetAfter = v }),
            "Time without a failure after which the pause is the first again, with exponential-delay."),
        Whole("restart.failures", o => o.Restart.Failures, (o, v) => Restarts(o, r => r with { Failures = v }), "Failures within the interval before giving up, with failure-rate."),
        Duration(
            "restart.failure-interval", o => o.Restart.FailureInterval, (o, v) => Restarts(o, r => r with { FailureInterval = v }),
            "The interval of failure-rate."),
        WatermarkInterval(),
        Duration(
            "exchange.buffer-timeout", o => o.BufferTimeout, (o, v) => o with { BufferTimeout = v },
            "The longest a record waits in an unfinished batch; 0: no longer than a poll."),
        Whole("exchange.batch-size", o => o.BatchSize, (o, v) => o with { BatchSize = v }, "Records per batch."),
        Of(
            "exchange.memory", OptionText.Size, o => o.ExchangeMemory, OptionText.ReadSize, (o, v) => o with { ExchangeMemory = v },
            OptionText.WriteSize(s_defaults.ExchangeMemory), "Bytes in flight between subtasks."),
        Words(
            "keyed.execution", o => o.Keyed.Execution, (o, v) => Keys(o, k => k with { Execution = v }),
            "Whether keyed process functions run over batches of all keys, or with an object and calls for each key."),
        Duration("keyed.call-timeout", o => o.Keyed.CallTimeout, (o, v) => Keys(o, k => k with { CallTimeout = v }), "A call for a key that takes longer fails the attempt."),
        Whole("keyed.max-active-grains", o => o.Keyed.MaxActiveGrains, (o, v) => Keys(o, k => k with { MaxActiveGrains = v }), "How many objects of keys a subtask keeps."),
        Duration(
            "keyed.tell-retention", o => o.Keyed.TellRetention, (o, v) => Keys(o, k => k with { TellRetention = v }),
            "How long ids of messages to a key are kept, so that none is applied twice."),
        Flag(
            "worker.isolate-slow", o => o.IsolateSlow, (o, v) => o with { IsolateSlow = v },
            "A subtask that has held a worker for more than 100 ms gets a thread of its own."),
        Duration(
            "taskhost.heartbeat", o => o.TaskHostHeartbeat, (o, v) => o with { TaskHostHeartbeat = v },
            "How often the job master and its nodes speak when they have nothing to say."),
        Duration(
            "taskhost.lease", o => o.TaskHostLease, (o, v) => o with { TaskHostLease = v },
            "Silence after which a node stops its subtasks, and the master restarts without the node."),
        Words("on-bad-record", o => o.OnBadRecord, (o, v) => o with { OnBadRecord = v }, "What a source does with input that cannot be read; what is left out is counted."),
    ];

    /// <summary>Finds an option by its key or alias, whatever the case and the hyphens.</summary>
    /// <param name="name">The name as typed.</param>
    /// <returns>The option; null if there is none.</returns>
    public static JobOption? Find(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        string bare = OptionText.Bare(name);
        bare = bare == "restart.strategy" ? "restart" : bare;
        return All.FirstOrDefault(o => OptionText.Bare(o.Key) == bare || (o.Alias is { } alias && OptionText.Bare(alias) == bare));
    }

    /// <summary>The options that differ from the defaults, as people write them: what a reader makes the same options of. Arguments of the job are <c>set.name</c>.</summary>
    /// <param name="options">The options.</param>
    public static IReadOnlyDictionary<string, string> Write(JobOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        SortedDictionary<string, string> texts = new(StringComparer.Ordinal);
        foreach (JobOption option in All)
        {
            if (option.Write(options) is { } text && text != option.Write(s_defaults))
            {
                texts.Add(option.Key, text);
            }
        }

        foreach ((string name, string value) in options.Arguments.Values)
        {
            texts.Add($"set.{name}", value);
        }

        return texts;
    }

    private static JobOption WatermarkInterval()
    {
        const string PerRecord = "per-record";
        JobOption Interval = Duration(
            "watermark.interval", o => o.WatermarkInterval, (o, v) => o with { WatermarkInterval = v, WatermarkPerRecord = false },
            "How often sources emit watermarks, at multiples of it by the clock; 0: after every batch; per-record: exact and slow.");
        return new JobOption(
            Interval.Key, $"{OptionText.Duration}|{PerRecord}", Interval.Default, Interval.Description, [.. Interval.Properties, nameof(JobOptions.WatermarkPerRecord)],
            (o, text) => OptionText.Bare(text) == OptionText.Bare(PerRecord)
                ? o with { WatermarkPerRecord = true, WatermarkInterval = TimeSpan.Zero }
                : Interval.Apply(o, text),
            o => o.WatermarkPerRecord ? PerRecord : Interval.Write(o));
    }

    private static JobOptions Checkpoints(JobOptions options, Func<CheckpointOptions, CheckpointOptions> change) => options with { Checkpointing = change(options.Checkpointing) };

    private static JobOptions Keys(JobOptions options, Func<KeyedOptions, KeyedOptions> change) => options with { Keyed = change(options.Keyed) };

    private static JobOptions Restarts(JobOptions options, Func<RestartOptions, RestartOptions> change) => options with { Restart = change(options.Restart) };

    private static JobOption Text(
        string key, Expression<Func<JobOptions, string?>> property, Func<JobOptions, string, JobOptions> set, string defaultText, string description, string? alias = null) =>
        Of(key, OptionText.Text, property, text => text, set, defaultText, description, alias);

    private static JobOption Whole(string key, Expression<Func<JobOptions, int>> property, Func<JobOptions, int, JobOptions> set, string description) =>
        Of(key, OptionText.Number, property, OptionText.ReadInt, set, property.Compile()(s_defaults).ToString(CultureInfo.InvariantCulture), description);

    private static JobOption Whole(string key, Expression<Func<JobOptions, int?>> property, Func<JobOptions, int, JobOptions> set, string defaultText, string description) =>
        Of(key, OptionText.Number, property, OptionText.ReadInt, set, defaultText, description);

    private static JobOption Fraction(string key, Expression<Func<JobOptions, double>> property, Func<JobOptions, double, JobOptions> set, string description) =>
        Of(key, OptionText.Number, property, OptionText.ReadDouble, set, property.Compile()(s_defaults).ToString(CultureInfo.InvariantCulture), description);

    private static JobOption Flag(string key, Expression<Func<JobOptions, bool>> property, Func<JobOptions, bool, JobOptions> set, string description) =>
        Of(key, OptionText.Flag, property, OptionText.ReadBool, set, "false", description);

    private static JobOption Duration(string key, Expression<Func<JobOptions, TimeSpan>> property, Func<JobOptions, TimeSpan, JobOptions> set, string description) =>
        Of(key, OptionText.Duration, property, OptionText.ReadDuration, set, OptionText.WriteDuration(property.Compile()(s_defaults)), description);

    private static JobOption Duration(
        string key, Expression<Func<JobOptions, TimeSpan?>> property, Func<JobOptions, TimeSpan?, JobOptions> set, string defaultText, string description) =>
        Of(
            key, $"{OptionText.Duration}|{defaultText}", property, text => OptionText.Bare(text) == OptionText.Bare(defaultText) ? null : (TimeSpan?)OptionText.ReadDuration(text), set,
            defaultText, description);

    private static JobOption Words<TEnum>(string key, Expression<Func<JobOptions, TEnum>> property, Func<JobOptions, TEnum, JobOptions> set, string description)
        where TEnum : struct, Enum =>
        Of(key, OptionText.Words<TEnum>(), property, OptionText.ReadEnum<TEnum>, set, OptionText.WriteEnum(property.Compile()(s_defaults)), description);

    private static JobOption Optional<TEnum>(
        string key, Expression<Func<JobOptions, TEnum?>> property, Func<JobOptions, TEnum, JobOptions> set, string defaultText, string description) where TEnum : struct, Enum =>
        Of(key, OptionText.Words<TEnum>(), property, OptionText.ReadEnum<TEnum>, set, defaultText, description);

    private static JobOption Of<TProperty, TValue>(
        string key, string type, Expression<Func<JobOptions, TProperty>> property, Func<string, TValue> read, Func<JobOptions, TValue, JobOptions> set,
        string defaultText, string description, string? alias = null) =>
        new(key, type, defaultText, description, [PathOf(property.Body)], (o, text) => set(o, read(text)), Writer(property.Compile())) { Alias = alias };

    private static Func<JobOptions, string?> Writer<TProperty>(Func<JobOptions, TProperty> get) => options => OptionText.Write(get(options));

    private static string PathOf(Expression body)
    {
        MemberExpression member = (MemberExpression)body;
        return member.Expression is MemberExpression parent ? $"{PathOf(parent)}.{member.Member.Name}" : member.Member.Name;
    }
}
