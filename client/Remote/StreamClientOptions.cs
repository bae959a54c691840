namespace OrleansStream.Client;

/// <summary>The options of a <see cref="StreamClient"/>.</summary>
public sealed record StreamClientOptions
{
    /// <summary>What goes with each request: <c>rest.token</c>, or <c>rest.admin-token</c> for uploads. Default: null, none.</summary>
    public string? Token { get; init; }

    /// <summary>How long a request is repeated while the service cannot be reached or is not ready. Zero: not at all. Default: 30 s.</summary>
    public TimeSpan RetryFor { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>The pause before the first repetition; it doubles up to 2 s, less a random part. Default: 100 ms.</summary>
    public TimeSpan RetryDelay { get; init; } = TimeSpan.FromMilliseconds(100);

    /// <summary>When a single try is given up; an upload may take ten times as long. Default: 60 s.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>How often a job is looked at that is waited for. Default: 500 ms.</summary>
    public TimeSpan PollInterval { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>
    /// A PEM file of certificates that are trusted for https instead of those of the machine: the authority's that signed the silos' certificates, or one that signed itself. The name in the address and the dates
    /// are looked at all the same. Read when the client is made. Default: null, those of the machine.
    /// </summary>
    public string? TrustedCertificate { get; init; }

    /// <summary>What sends requests; null for sockets. For tests, and for TLS settings beyond <see cref="TrustedCertificate"/>.</summary>
    public HttpMessageHandler? Handler { get; init; }

    internal void ThrowIfInvalid()
    {
        List<string> errors = [];
        void Check(bool ok, string option, object value, string rule)
        {
            if (!ok)
            {
                errors.Add($"{option} = {value}: {rule}");
            }
        }

        Check(RetryFor >= TimeSpan.Zero, nameof(RetryFor), RetryFor, "must not be negative");
        Check(RetryDelay > TimeSpan.Zero, nameof(RetryDelay), RetryDelay, "must be positive");
        Check(Timeout > TimeSpan.Zero, nameof(Timeout), Timeout, "must be positive");
        Check(PollInterval > TimeSpan.Zero, nameof(PollInterval), PollInterval, "must be positive");
        Check(TrustedCertificate is null || Handler is null, nameof(TrustedCertificate), TrustedCertificate!, "has no meaning with a handler of your own, which says what it trusts");
        if (errors.Count > 0)
        {
            throw new OptionsException(string.Join("\n", errors));
        }
    }
}
