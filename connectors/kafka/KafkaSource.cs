namespace OrleansStream;

/// <summary>Sources that read topics of Kafka.</summary>
public static class KafkaSource
{
    /// <summary>Names the topics of a source; the methods of the result say how values are made of their records.</summary>
    /// <typeparam name="T">The type of the values.</typeparam>
    /// <param name="topics">The topics, at least one.</param>
    public static KafkaTopics<T> For<T>(params string[] topics) => new(new Connectors.Kafka.Reading.KafkaSourceOptions { Topics = RequireTopics(topics) });

    /// <summary>Reads all topics whose name matches a pattern, also those that are made later.</summary>
    /// <typeparam name="T">The type of the values.</typeparam>
    /// <param name="pattern">A regular expression for the whole name: <c>orders-.*</c>.</param>
    public static KafkaTopics<T> Matching<T>(string pattern)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(pattern);
        return new KafkaTopics<T>(new Connectors.Kafka.Reading.KafkaSourceOptions { Pattern = pattern });
    }

    /// <summary>Reads values as text.</summary>
    /// <param name="topics">The topics, at least one.</param>
    public static KafkaSource<string> Strings(params string[] topics) =>
        new(new Connectors.Kafka.Reading.KafkaSourceOptions { Topics = RequireTopics(topics) }, static options => new Connectors.Kafka.Reading.TextReader(options.SkipTombstones));

    /// <summary>Reads values as bytes.</summary>
    /// <param name="topics">The topics, at least one.</param>
    public static KafkaSource<byte[]> Bytes(params string[] topics) =>
        new(new Connectors.Kafka.Reading.KafkaSourceOptions { Topics = RequireTopics(topics) }, static options => new Connectors.Kafka.Reading.BytesReader(options.SkipTombstones));

    private static string[] RequireTopics(string[] topics)
    {
        ArgumentNullException.ThrowIfNull(topics);
        return topics.Length > 0 && topics.All(t => !string.IsNullOrWhiteSpace(t))
            ? [.. topics.Distinct(StringComparer.Ordinal)]
            : throw new JobDefinitionException("A Kafka source needs the name of at least one topic. Give it, or use KafkaSource.Matching with a pattern.");
    }
}
