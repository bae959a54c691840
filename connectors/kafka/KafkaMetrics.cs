using System.Diagnostics.Metrics;
using OrleansStream.Connectors.Kafka.Native;

namespace OrleansStream.Connectors.Kafka;

/// <summary>What the connector counts beside what the engine does, as the meter <c>OrleansStream.Kafka</c>. Nothing of it is counted per record.</summary>
internal static class KafkaMetrics
{
    private static readonly Meter s_meter = new("OrleansStream.Kafka");
    private static readonly Counter<long> s_errors = s_meter.CreateCounter<long>("kafka.client.errors", description: "Troubles that a Kafka client reported and gets over by itself, by error.");
    private static readonly Counter<long> s_transactions = s_meter.CreateCounter<long>("kafka.sink.transactions", description: "Transactions committed.");
    private static readonly Counter<long> s_retries = s_meter.CreateCounter<long>("kafka.sink.retries", description: "Transactions that had to be aborted and written again.");
    private static readonly Histogram<double> s_bursts = s_meter.CreateHistogram<double>("kafka.sink.transaction.duration", "s", "From the begin of a transaction to its commit.");

    public static void ClientError(RdErrorCode code) => s_errors.Add(1, new KeyValuePair<string, object?>("error", code.ToString()));

    public static void Committed(string operatorName, TimeSpan took)
    {
        KeyValuePair<string, object?> tag = new("operator", operatorName);
        s_transactions.Add(1, tag);
        s_bursts.Record(took.TotalSeconds, tag);
    }

    public static void Retried(string operatorName) => s_retries.Add(1, new KeyValuePair<string, object?>("operator", operatorName));
}
