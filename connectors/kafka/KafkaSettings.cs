namespace OrleansStream.Connectors.Kafka;

/// <summary>Settings of librdkafka that the user has given; an immutable list, the last of a name counts.</summary>
internal sealed record KafkaSettings
{
    // What the connector's guarantees rest on.
    private static readonly HashSet<string> s_own = new(StringComparer.Ordinal)
    {
        "bootstrap.servers", "group.id", "enable.auto.commit", "enable.auto.offset.store", "enable.partition.eof", "auto.offset.reset", "isolation.level", "transactional.id",
        "enable.idempotence", "transaction.timeout.ms", "delivery.report.only.error", "group.protocol",
    };

    private readonly IReadOnlyList<KeyValuePair<string, string>> _given = [];

    public KafkaSettings With(string name, string value)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        ArgumentNullException.ThrowIfNull(value);
        if (s_own.Contains(name))
        {
            throw new JobDefinitionException($"The Kafka setting {name} is the connector's own and cannot be given with WithSetting (value '{value}'). There is a method for what can be changed.");
        }

        return new KafkaSettings(this, new KeyValuePair<string, string>(name, value));
    }

    public KafkaSettings()
    {
    }

    private KafkaSettings(KafkaSettings before, KeyValuePair<string, string> added)
    {
        _given = [.. before._given, added];
    }

    /// <summary>The value that was given for a name; null if none was.</summary>
    public string? Find(string name) => _given.LastOrDefault(s => s.Key == name).Value;

    /// <summary>Our settings, with what was given over the defaults among them.</summary>
    public Dictionary<string, string> Over(params ReadOnlySpan<(string Name, string Value)> ours)
    {
        Dictionary<string, string> all = new(StringComparer.Ordinal);
        foreach ((string name, string value) in ours)
        {
            all[name] = value;
        }

        foreach ((string name, string value) in _given)
        {
            all[name] = value;
        }

        return all;
    }
}
