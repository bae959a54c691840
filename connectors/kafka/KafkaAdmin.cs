using Confluent.Kafka;

namespace OrleansStream.Connectors.Kafka;

/// <summary>Makes clients for questions and for making topics.</summary>
internal static class KafkaAdmin
{
    // Settings for these would be refused by a client that is no consumer or producer.
    private static readonly string[] s_common = ["security.", "sasl.", "ssl.", "client.", "broker.", "socket.", "metadata.", "reconnect.", "connections.", "debug", "enable.ssl", "api.", "allow."];

    public static IAdminClient Create(string servers, KafkaSettings settings, Action<Error> onError)
    {
        AdminClientConfig config = new();
        foreach ((string name, string value) in settings.Over())
        {
            if (s_common.Any(c => name.StartsWith(c, StringComparison.Ordinal)))
            {
                config.Set(name, value);
            }
        }

        config.BootstrapServers = servers;
        return new AdminClientBuilder(config).SetErrorHandler((_, error) => onError(error)).SetLogHandler((_, _) => { }).Build();
    }
}
