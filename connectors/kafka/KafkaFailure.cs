using OrleansStream.Connectors.Kafka.Native;

namespace OrleansStream.Connectors.Kafka;

/// <summary>Turns Kafka's errors into ours: who had the trouble, what it is, what to do, and whether a retry can help.</summary>
internal static class KafkaFailure
{
    /// <summary>Describes an error.</summary>
    /// <param name="owner">The operator.</param>
    /// <param name="action">What was being done: <c>reading 'in' partition 3</c>.</param>
    /// <param name="brokers">The brokers that were given.</param>
    /// <param name="error">The error.</param>
    public static StreamException Describe(string owner, string action, string brokers, RdError error)
    {
        string head = $"'{owner}': {action} failed: {error.Reason.TrimEnd('.')} ({Name(error.Code)}).";
        return error.Code switch
        {
            RdErrorCode.Transport or RdErrorCode.AllBrokersDown or RdErrorCode.Resolve => Retry(
                $"{head} No broker of '{brokers}' is reached. Check the address given with WithBootstrapServers, that the brokers run, and the network between; it is tried again."),
            RdErrorCode.TimedOut or RdErrorCode.TimedOutQueue or RdErrorCode.RequestTimedOut or RdErrorCode.MessageTimedOut => Retry(
                $"{head} The brokers of '{brokers}' did not answer in time. Check that they run, and that enough replicas are in sync for acks=all; it is tried again."),
            RdErrorCode.UnknownTopicLocal or RdErrorCode.UnknownTopicOrPartition or RdErrorCode.UnknownPartition => new ConnectorException(
                $"{head} Create the topic (kafka-topics.sh --create), or correct its name; a topic that is just being made is found by a restart.", canRetry: true),
            RdErrorCode.TopicAuthorization => Final($"{head} Grant the user of the job the right to this topic: READ and DESCRIBE for a source, WRITE and DESCRIBE for a sink."),
            RdErrorCode.GroupAuthorization => Final($"{head} Grant the user of the job READ on the group given with WithGroup, or leave the group away: offsets are in the checkpoint, the group is for monitoring only."),
            RdErrorCode.GroupIdNotFound => Final($"{head} There is no such consumer group. Correct the name given with StartFromGroup, or start from earliest, latest or a timestamp."),
            RdErrorCode.TransactionalIdAuthorization => Final(
                $"{head} Grant the user of the job WRITE and DESCRIBE on transactional ids with the prefix of the sink (WithTransactionalIdPrefix; default: the job's name)."),
            RdErrorCode.ClusterAuthorization => Final($"{head} Grant the user of the job the right to it, or have an administrator create the topic of the marks beforehand (docs/kafka.md)."),
            RdErrorCode.AuthenticationFailed or RdErrorCode.Ssl => Final($"{head} Check user, password, mechanism and certificates given with WithSetting (sasl.*, ssl.*, security.protocol)."),
            RdErrorCode.MessageTooLarge => Final(
                $"{head} Raise max.message.bytes of the topic and message.max.bytes of the sink (WithSetting), or make the record smaller."),
            RdErrorCode.OffsetOutOfRange or RdErrorCode.AutoOffsetReset => Final(
                $"{head} What the job was to read next is gone, by the topic's retention or because the topic was made anew. Allow the gap with OnMissingOffsets(MissingOffsets.Earliest), or start the job afresh."),
            RdErrorCode.Fenced or RdErrorCode.ProducerFenced or RdErrorCode.InvalidProducerEpoch => new FencedException(
                $"{head} A newer producer has the same transactional id, or the broker has given up a transaction that took longer than its timeout. If no other process runs the job, raise WithTransactionTimeout."),
            _ => new ConnectorException($"{head} Brokers: '{brokers}'.", canRetry: !error.IsFatal),
        };
    }

    /// <summary>Whether an error stands for trouble that passes, which the client itself goes on to overcome.</summary>
    public static bool IsTransient(RdErrorCode code) => code is RdErrorCode.Transport or RdErrorCode.AllBrokersDown or RdErrorCode.Resolve or RdErrorCode.TimedOut or RdErrorCode.TimedOutQueue
        or RdErrorCode.RequestTimedOut or RdErrorCode.MessageTimedOut or RdErrorCode.LeaderNotAvailable or RdErrorCode.NotLeader;

    private static string Name(RdErrorCode code) => Enum.IsDefined(code) ? $"{code}, {(int)code}" : $"{(int)code}";

    private static ConnectorException Retry(string message) => new(message, canRetry: true);

    private static ConnectorException Final(string message) => new(message);
}
