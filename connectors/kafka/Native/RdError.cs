namespace OrleansStream.Connectors.Kafka.Native;

/// <summary>What librdkafka says about a failed call.</summary>
/// <param name="Code">The error.</param>
/// <param name="Reason">It in words.</param>
/// <param name="IsFatal">Whether the client is of no use any more.</param>
/// <param name="IsRetriable">Whether the same call may succeed later.</param>
/// <param name="RequiresAbort">Whether the transaction must be aborted before anything else.</param>
internal sealed record RdError(RdErrorCode Code, string Reason, bool IsFatal = false, bool IsRetriable = false, bool RequiresAbort = false)
{
    /// <summary>Takes an error object over; null for success.</summary>
    public static unsafe RdError? Take(nint error)
    {
        if (error == 0)
        {
            return null;
        }

        RdError taken = new(
            (RdErrorCode)Rd.ErrorCode(error), Rd.Text(Rd.ErrorText(error)), Rd.ErrorIsFatal(error) != 0, Rd.ErrorIsRetriable(error) != 0, Rd.ErrorRequiresAbort(error) != 0);
        Rd.ErrorDestroy(error);
        return taken;
    }

    public static unsafe RdError Of(int code) => new((RdErrorCode)code, Rd.Text(Rd.ErrorName(code)));
}

/// <summary>The errors of librdkafka that mean something to us.</summary>
internal enum RdErrorCode
{
    None = 0,
    AutoOffsetReset = -140,
    Fenced = -144,
    Fatal = -150,
    PurgeQueue = -152,
    State = -172,
    TimedOutQueue = -166,
    AuthenticationFailed = -169,
    QueueFull = -184,
    TimedOut = -185,
    AllBrokersDown = -187,
    UnknownTopicLocal = -188,
    UnknownPartition = -190,
    PartitionEnd = -191,
    MessageTimedOut = -192,
    Resolve = -193,
    Transport = -195,
    Ssl = -181,
    OffsetOutOfRange = 1,
    UnknownTopicOrPartition = 3,
    LeaderNotAvailable = 5,
    NotLeader = 6,
    RequestTimedOut = 7,
    MessageTooLarge = 10,
    TopicAuthorization = 29,
    GroupAuthorization = 30,
    ClusterAuthorization = 31,
    UnknownProducer = 59,
    InvalidProducerEpoch = 47,
    TransactionalIdAuthorization = 53,
    GroupIdNotFound = 69,
    ProducerFenced = 90,
}
