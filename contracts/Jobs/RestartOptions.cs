namespace OrleansStream;

/// <summary>What happens after an attempt has failed.</summary>
public sealed record RestartOptions
{
    /// <summary><c>restart</c>: the strategy. Default: null, which is none without checkpoints and exponential delay with them.</summary>
    public RestartKind? Strategy { get; init; }

    /// <summary><c>restart.attempts</c>: restarts before giving up, with fixed delay. Default: 1.</summary>
    public int Attempts { get; init; } = 1;

    /// <summary><c>restart.delay</c>: the pause before a restart, with fixed delay and failure rate. Default: 1 s.</summary>
    public TimeSpan Delay { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary><c>restart.initial-delay</c>: the first pause, with exponential delay. Default: 1 s.</summary>
    public TimeSpan InitialDelay { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary><c>restart.max-delay</c>: the longest pause, with exponential delay. Default: 1 min.</summary>
    public TimeSpan MaxDelay { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary><c>restart.multiplier</c>: how the pause grows, with exponential delay. Default: 1.5.</summary>
    public double Multiplier { get; init; } = 1.5;

    /// <summary><c>restart.jitter</c>: the part of the pause that is random, with exponential delay. Default: 0.1.</summary>
    public double Jitter { get; init; } = 0.1;

    /// <summary><c>restart.reset-after</c>: time without a failure after which the pause is the first again. Default: 1 h.</summary>
    public TimeSpan ResetAfter { get; init; } = TimeSpan.FromHours(1);

    /// <summary><c>restart.failures</c>: failures within the interval before giving up, with failure rate. Default: 1.</summary>
    public int Failures { get; init; } = 1;

    /// <summary><c>restart.failure-interval</c>: the interval of the failure rate. Default: 1 min.</summary>
    public TimeSpan FailureInterval { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>What differs from its default although the strategy does not look at it, as option and value.</summary>
    /// <param name="strategy">The strategy that is in force.</param>
    internal IEnumerable<string> Unused(RestartKind strategy)
    {
        RestartOptions standard = new();
        bool fixedDelay = strategy == RestartKind.FixedDelay;
        bool rate = strategy == RestartKind.FailureRate;
        bool exponential = strategy == RestartKind.ExponentialDelay;
        (string Option, object Value, object Default, bool IsUsed)[] all =
        [
            ("restart.attempts", Attempts, standard.Attempts, fixedDelay),
            ("restart.delay", Delay, standard.Delay, fixedDelay || rate),
            ("restart.initial-delay", InitialDelay, standard.InitialDelay, exponential),
            ("restart.max-delay", MaxDelay, standard.MaxDelay, exponential),
            ("restart.multiplier", Multiplier, standard.Multiplier, exponential),
            ("restart.jitter", Jitter, standard.Jitter, exponential),
            ("restart.reset-after", ResetAfter, standard.ResetAfter, exponential),
            ("restart.failures", Failures, standard.Failures, rate),
            ("restart.failure-interval", FailureInterval, standard.FailureInterval, rate),
        ];
        return all.Where(o => !o.IsUsed && !o.Value.Equals(o.Default)).Select(o => $"{o.Option} = {o.Value}");
    }

    internal void Validate(Action<bool, string, object?, string> check)
    {
        check(Strategy is null || Enum.IsDefined(Strategy.Value), "restart", Strategy, "must be none, fixed-delay, exponential-delay or failure-rate");
        check(Attempts >= 0, "restart.attempts", Attempts, "must not be negative");
        check(Delay >= TimeSpan.Zero, "restart.delay", Delay, "must not be negative");
        check(InitialDelay > TimeSpan.Zero, "restart.initial-delay", InitialDelay, "must be positive");
        check(MaxDelay >= InitialDelay, "restart.max-delay", MaxDelay, $"must be at least restart.initial-delay, {InitialDelay}");
        check(Multiplier >= 1 && double.IsFinite(Multiplier), "restart.multiplier", Multiplier, "must be a finite number of at least 1");
        check(Jitter is >= 0 and <= 1, "restart.jitter", Jitter, "must be from 0 to 1");
        check(ResetAfter > TimeSpan.Zero, "restart.reset-after", ResetAfter, "must be positive");
        check(Failures >= 1, "restart.failures", Failures, "must be at least 1");
        check(FailureInterval > TimeSpan.Zero, "restart.failure-interval", FailureInterval, "must be positive");
    }
}

/// <summary>When a failed job is started again.</summary>
public enum RestartKind
{
    /// <summary>Never.</summary>
    None,

    /// <summary>A number of times, after a fixed pause.</summary>
    FixedDelay,

    /// <summary>Always, after pauses that grow.</summary>
    ExponentialDelay,

    /// <summary>Unless failures come too often.</summary>
    FailureRate,
}
