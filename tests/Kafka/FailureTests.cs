using OrleansStream.Connectors.Kafka;
using OrleansStream.Connectors.Kafka.Native;
using OrleansStream.Connectors.Kafka.Reading;

namespace OrleansStream.Kafka;

/// <summary>What an error of Kafka becomes: who, what, why, what to do, and whether a retry can help. Without a broker.</summary>
public sealed class FailureTests
{
    private const string Servers = "broker-1:9092,broker-2:9092";

    private enum Retry
    {
        Helps,
        DoesNot,
        Fenced,
    }

    // Every code that has words of its own, with what they must name.
    private static readonly Dictionary<RdErrorCode, (Retry Retry, string[] Words)> s_known = new()
    {
        [RdErrorCode.Transport] = (Retry.Helps, [$"No broker of '{Servers}' is reached", "WithBootstrapServers", "tried again"]),
        [RdErrorCode.AllBrokersDown] = (Retry.Helps, [$"No broker of '{Servers}' is reached", "WithBootstrapServers"]),
        [RdErrorCode.Resolve] = (Retry.Helps, [$"No broker of '{Servers}' is reached", "WithBootstrapServers"]),
        [RdErrorCode.TimedOut] = (Retry.Helps, [Servers, "did not answer in time", "acks=all"]),
        [RdErrorCode.TimedOutQueue] = (Retry.Helps, [Servers, "did not answer in time"]),
        [RdErrorCode.RequestTimedOut] = (Retry.Helps, [Servers, "did not answer in time"]),
        [RdErrorCode.MessageTimedOut] = (Retry.Helps, [Servers, "did not answer in time"]),
        [RdErrorCode.UnknownTopicLocal] = (Retry.Helps, ["kafka-topics.sh --create", "correct its name"]),
        [RdErrorCode.UnknownTopicOrPartition] = (Retry.Helps, ["kafka-topics.sh --create", "correct its name"]),
        [RdErrorCode.UnknownPartition] = (Retry.Helps, ["kafka-topics.sh --create", "correct its name"]),
        [RdErrorCode.TopicAuthorization] = (Retry.DoesNot, ["READ and DESCRIBE for a source", "WRITE and DESCRIBE for a sink"]),
        [RdErrorCode.GroupAuthorization] = (Retry.DoesNot, ["READ on the group", "WithGroup"]),
        [RdErrorCode.GroupIdNotFound] = (Retry.DoesNot, ["no such consumer group", "StartFromGroup"]),
        [RdErrorCode.TransactionalIdAuthorization] = (Retry.DoesNot, ["WRITE and DESCRIBE on transactional ids", "WithTransactionalIdPrefix"]),
        [RdErrorCode.ClusterAuthorization] = (Retry.DoesNot, ["Grant the user", "topic of the marks"]),
        [RdErrorCode.AuthenticationFailed] = (Retry.DoesNot, ["user, password, mechanism and certificates", "sasl.*"]),
        [RdErrorCode.Ssl] = (Retry.DoesNot, ["certificates", "ssl.*"]),
        [RdErrorCode.MessageTooLarge] = (Retry.DoesNot, ["max.message.bytes of the topic", "message.max.bytes"]),
        [RdErrorCode.OffsetOutOfRange] = (Retry.DoesNot, ["is gone", "OnMissingOffsets(MissingOffsets.Earliest)"]),
        [RdErrorCode.AutoOffsetReset] = (Retry.DoesNot, ["is gone", "OnMissingOffsets(MissingOffsets.Earliest)"]),
        [RdErrorCode.Fenced] = (Retry.Fenced, ["newer producer has the same transactional id", "WithTransactionTimeout"]),
        [RdErrorCode.ProducerFenced] = (Retry.Fenced, ["newer producer has the same transactional id", "WithTransactionTimeout"]),
        [RdErrorCode.InvalidProducerEpoch] = (Retry.Fenced, ["newer producer has the same transactional id", "WithTransactionTimeout"]),
    };

    public static TheoryData<int> Known => [.. s_known.Keys.Select(code => (int)code)];

    public static TheoryData<int> Others => [.. Enum.GetValues<RdErrorCode>().Except(s_known.Keys).Select(code => (int)code), 4711];

    [Theory]
    [MemberData(nameof(Known))]
    public void A_known_error_names_the_operator_the_act_the_reason_and_the_remedy(int code)
    {
        (Retry retry, string[] words) = s_known[(RdErrorCode)code];
        StreamException told = Describe((RdErrorCode)code);
        Assert.StartsWith($"'payments': reading 'in' failed: Broker: as it says ({(RdErrorCode)code}, {code}). ", told.Message, StringComparison.Ordinal);
        Assert.All(words, word => Assert.Contains(word, told.Message, StringComparison.Ordinal));
        Assert.Equal(retry == Retry.Fenced, told is FencedException);
        Assert.Equal(retry == Retry.Helps, told is ConnectorException { CanRetry: true });
    }

    [Theory]
    [MemberData(nameof(Others))]
    public void Another_error_names_its_number_and_the_brokers_and_is_retried_unless_it_is_fatal(int code)
    {
        StreamException told = Describe((RdErrorCode)code);
        Assert.Contains($"{code})", told.Message, StringComparison.Ordinal);
        Assert.Contains(Servers, told.Message, StringComparison.Ordinal);
        Assert.True(told is ConnectorException { CanRetry: true });
        Assert.False(Describe((RdErrorCode)code, isFatal: true) is ConnectorException { CanRetry: true });
    }

    [Fact]
    public void What_the_client_overcomes_by_itself_is_what_is_retried()
    {
        // A topic or partition that is not there may be one that is just being made; the client does not wait for it, the next attempt does.
        RdErrorCode[] byRestart = [RdErrorCode.UnknownTopicLocal, RdErrorCode.UnknownTopicOrPartition, RdErrorCode.UnknownPartition];
        RdErrorCode[] moved = [RdErrorCode.LeaderNotAvailable, RdErrorCode.NotLeader];
        Assert.Equal(
            s_known.Where(k => k.Value.Retry == Retry.Helps).Select(k => k.Key).Except(byRestart).Concat(moved).Order(),
            Enum.GetValues<RdErrorCode>().Where(KafkaFailure.IsTransient).Order());
    }

    [Fact]
    public void The_position_of_a_partition_is_told_as_its_next_offset()
    {
        Assert.Equal("offset 42", PartitionPosition.Describe(42));
        Assert.Equal("the beginning", PartitionPosition.Describe(PartitionPosition.Beginning));
    }

    private static StreamException Describe(RdErrorCode code, bool isFatal = false) =>
        KafkaFailure.Describe("payments", "reading 'in'", Servers, new RdError(code, "Broker: as it says.", isFatal));
}
