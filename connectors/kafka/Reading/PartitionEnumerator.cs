using System.Text.RegularExpressions;
using Confluent.Kafka;
using Confluent.Kafka.Admin;
using OrleansStream.Connectors.Kafka.Native;

namespace OrleansStream.Connectors.Kafka.Reading;

/// <summary>Finds partitions, and says where each is begun. Positions of those in the checkpoint are in it; they are not looked up.</summary>
internal sealed class PartitionEnumerator : ISplitEnumerator
{
    private static readonly TimeSpan s_timeout = TimeSpan.FromSeconds(20);

    private readonly KafkaSourceOptions _options;
    private readonly string _owner;
    private readonly Regex? _pattern;
    private readonly IAdminClient _admin;
    private readonly Dictionary<string, SourceSplit> _known = new(StringComparer.Ordinal);
    private bool _isFirst = true;
    private Error? _trouble;

    public PartitionEnumerator(SourceContext context, KafkaSourceOptions options)
    {
        _options = options;
        _owner = context.OperatorName;
        try
        {
            _pattern = options.Pattern is { } pattern ? new Regex($"^(?:{pattern})$", RegexOptions.CultureInvariant, TimeSpan.FromSeconds(1)) : null;
        }
        catch (ArgumentException e)
        {
            throw new JobDefinitionException($"'{_owner}': the topic pattern '{options.Pattern}' is no regular expression: {e.Message}", e);
        }

        foreach (string split in context.KnownSplits)
        {
            _known.Add(split, new SourceSplit(split));
            _isFirst = false;
        }

        _admin = KafkaAdmin.Create(options.Servers, options.Settings, error => _trouble = error);
    }

    public TimeSpan? DiscoveryInterval => _options.Discovery;

    public IReadOnlyList<SourceSplit> Discover()
    {
        try
        {
            List<KafkaPartition> found = [.. Partitions().Where(p => !_known.ContainsKey(p.ToString()))];
            IReadOnlyDictionary<KafkaPartition, long> starts = _isFirst ? Starts(found) : new Dictionary<KafkaPartition, long>();
            IReadOnlyDictionary<KafkaPartition, long>? stops = _options.Stop is { } stop ? stop.Offsets ?? Offsets(found, OffsetSpec.Latest()) : null;
            foreach (KafkaPartition partition in found)
            {
                PartitionPosition position = new(
                    starts.GetValueOrDefault(partition, PartitionPosition.Beginning), stops is null ? PartitionPosition.Never : stops.GetValueOrDefault(partition));
                _known.Add(partition.ToString(), new SourceSplit(partition.ToString(), position.Write()));
            }

            _isFirst = false;
        }
        catch (KafkaException e) when (!_isFirst && KafkaFailure.IsTransient((RdErrorCode)e.Error.Code))
        {
            // The readers go on with what is known; the next discovery finds the rest.
            KafkaMetrics.ClientError((RdErrorCode)e.Error.Code);
        }
        catch (KafkaException e)
        {
            throw Failed(e.Error, e);
        }

        return [.. _known.Values];
    }

    public void Dispose() => _admin.Dispose();

    private IEnumerable<KafkaPartition> Partitions()
    {
        Metadata metadata = _admin.GetMetadata(s_timeout);
        if (_pattern is not null)
        {
            return metadata.Topics.Where(t => t.Error.Code == ErrorCode.NoError && _pattern.IsMatch(t.Topic) && !t.Topic.StartsWith("__", StringComparison.Ordinal)).SelectMany(Of);
        }

        List<KafkaPartition> all = [];
        foreach (string topic in _options.Topics)
        {
            TopicMetadata? found = metadata.Topics.Find(t => t.Topic == topic);
            if (found is null)
            {
                // Topics that the user may not see are left out of the list; asked for by name they have their error.
                found = _admin.GetMetadata(topic, s_timeout).Topics.Find(t => t.Topic == topic);
            }

            Error error = found?.Error ?? new Error(ErrorCode.UnknownTopicOrPart);
            if (error.Code != ErrorCode.NoError)
            {
                throw new KafkaException(new Error(error.Code, $"topic '{topic}': {error.Reason}"));
            }

            all.AddRange(Of(found!));
        }

        return _options.Stop?.Offsets is { } stops ? all.Where(stops.ContainsKey) : all;
    }

    private static IEnumerable<KafkaPartition> Of(TopicMetadata topic) => topic.Partitions.Select(p => new KafkaPartition(topic.Topic, p.PartitionId));

    private IReadOnlyDictionary<KafkaPartition, long> Starts(IReadOnlyList<KafkaPartition> partitions) => _options.Start.Kind switch
    {
        KafkaStartKind.Latest => Offsets(partitions, OffsetSpec.Latest()),
        KafkaStartKind.Timestamp => AtTimestamp(partitions),
        KafkaStartKind.Group => OfGroup(partitions),
        KafkaStartKind.Offsets => _options.Start.Offsets!,
        _ => new Dictionary<KafkaPartition, long>(),
    };

    // A partition whose records are all older is begun at its end.
    private Dictionary<KafkaPartition, long> AtTimestamp(IReadOnlyList<KafkaPartition> partitions)
    {
        Dictionary<KafkaPartition, long> offsets = Offsets(partitions, OffsetSpec.ForTimestamp(_options.Start.Timestamp));
        KafkaPartition[] older = [.. partitions.Where(p => offsets[p] < 0)];
        foreach ((KafkaPartition partition, long end) in Offsets(older, OffsetSpec.Latest()))
        {
            offsets[partition] = end;
        }

        return offsets;
    }

    private Dictionary<KafkaPartition, long> Offsets(IReadOnlyList<KafkaPartition> partitions, OffsetSpec spec)
    {
        if (partitions.Count == 0)
        {
            return [];
        }

        ListOffsetsOptions options = new()
        {
            RequestTimeout = s_timeout,
            IsolationLevel = _options.IsUncommitted ? IsolationLevel.ReadUncommitted : IsolationLevel.ReadCommitted,
        };
        try
        {
            ListOffsetsResult result = _admin.ListOffsetsAsync(
                partitions.Select(p => new TopicPartitionOffsetSpec { TopicPartition = new TopicPartition(p.Topic, p.Partition), OffsetSpec = spec }), options).GetAwaiter().GetResult();
            return result.ResultInfos.ToDictionary(
                r => new KafkaPartition(r.TopicPartitionOffsetError.Topic, r.TopicPartitionOffsetError.Partition.Value), r => r.TopicPartitionOffsetError.Offset.Value);
        }
        catch (ListOffsetsException e)
        {
            throw new KafkaException(e.Result.ResultInfos.Select(r => r.TopicPartitionOffsetError.Error).FirstOrDefault(x => x.IsError) ?? e.Error);
        }
    }

    private Dictionary<KafkaPartition, long> OfGroup(IReadOnlyList<KafkaPartition> partitions)
    {
        string group = _options.Start.Group!;
        try
        {
            DescribeConsumerGroupsResult described = _admin.DescribeConsumerGroupsAsync([group], new DescribeConsumerGroupsOptions { RequestTimeout = s_timeout }).GetAwaiter().GetResult();
            if (described.ConsumerGroupDescriptions[0] is { State: ConsumerGroupState.Dead })
            {
                throw new KafkaException(new Error((ErrorCode)RdErrorCode.GroupIdNotFound, $"the consumer group '{group}' does not exist"));
            }

            List<ListConsumerGroupOffsetsResult> results = _admin.ListConsumerGroupOffsetsAsync(
                [new ConsumerGroupTopicPartitions(group, [.. partitions.Select(p => new TopicPartition(p.Topic, p.Partition))])],
                new ListConsumerGroupOffsetsOptions { RequestTimeout = s_timeout }).GetAwaiter().GetResult();
            return results[0].Partitions.Where(p => p.Offset.Value >= 0).ToDictionary(p => new KafkaPartition(p.Topic, p.Partition.Value), p => p.Offset.Value);
        }
        catch (DescribeConsumerGroupsException e)
        {
            throw new KafkaException(e.Results.ConsumerGroupDescriptions.Select(d => d.Error).FirstOrDefault(x => x.IsError) ?? e.Error);
        }
        catch (ListConsumerGroupOffsetsException e)
        {
            throw new KafkaException(e.Results.Select(r => r.Error).FirstOrDefault(x => x.IsError) ?? e.Error);
        }
    }

    // A client that reaches nobody says only that time passed; what it reported meanwhile says why.
    private StreamException Failed(Error error, KafkaException e)
    {
        Error told = KafkaFailure.IsTransient((RdErrorCode)error.Code) && _trouble is { } trouble ? trouble : error;
        return KafkaFailure.Describe(_owner, $"finding the partitions of {_options.Subject}", _options.Servers, new RdError((RdErrorCode)told.Code, told.Reason, told.IsFatal));
    }
}
