using System.Diagnostics;
using System.Text;
using OrleansStream.Commits;
using OrleansStream.Connectors.Kafka.Native;

namespace OrleansStream.Connectors.Kafka.Writing;

/// <summary>A producer with a transactional id, which it has taken away from all older ones. Blocks; one thread at a time.</summary>
internal sealed unsafe class TransactionalProducer : IDisposable
{
    private const int CallMs = 10_000;
    private const int WaitMs = 50;

    private readonly string _owner;
    private readonly KafkaSinkOptions _options;
    private readonly RdClient _client;
    private readonly Dictionary<string, nint> _topics = new(StringComparer.Ordinal);
    private long _began;

    private TransactionalProducer(string owner, string id, KafkaSinkOptions options)
    {
        _owner = owner;
        _options = options;
        Id = id;
        string timeout = FormattableString.Invariant($"{(long)options.TransactionTimeout.TotalMilliseconds}");
        _client = new RdClient(Rd.Producer, owner, options.ProducerSettings(
            ("client.id", id), ("transactional.id", id), ("transaction.timeout.ms", timeout), ("message.timeout.ms", timeout), ("delivery.report.only.error", "true")));
    }

    public string Id { get; }

    /// <summary>Makes a producer and takes the id: transactions that an older one has left open are aborted, and it can write no more.</summary>
    public static TransactionalProducer Open(string owner, string id, KafkaSinkOptions options)
    {
        TransactionalProducer producer = new(owner, id, options);
        try
        {
            producer.Repeat("taking", () => Rd.InitTransactions(producer._client.Handle, CallMs));
            return producer;
        }
        catch
        {
            producer.Dispose();
            throw;
        }
    }

    public void Begin()
    {
        _began = Stopwatch.GetTimestamp();
        Repeat("beginning a transaction of", () => Rd.BeginTransaction(_client.Handle));
    }

    /// <summary>Writes the records of a chunk.</summary>
    public void Write(string topic, ReadOnlySpan<byte> chunk)
    {
        nint handle = Topic(topic);
        fixed (byte* first = chunk)
        {
            byte* at = first + EpochChunk.HeadBytes;
            for (int left = EpochChunk.RecordsOf(chunk); left > 0; left--)
            {
                RdError? error;
                int length;
                while ((error = SpooledRecord.Produce(_client.Handle, handle, 0, at, out length)) is not null)
                {
                    AwaitRoom(error);
                }

                at += length;
            }
        }

        RequireDelivered();
    }

    /// <summary>Writes a mark.</summary>
    public void Write(MarkTopic marks, EpochMark mark)
    {
        byte[] key = Encoding.UTF8.GetBytes(Id);
        byte[] value = MarkTopic.Write(mark);
        nint handle = Topic(marks.Name);
        RdArgument* arguments = stackalloc RdArgument[5];
        fixed (byte* keyBytes = key, valueBytes = value)
        {
            arguments[0] = RdArgument.Topic(handle);
            arguments[1] = RdArgument.Partition(marks.PartitionOf(Id));
            arguments[2] = RdArgument.Flags(Rd.CopyFlag);
            arguments[3] = RdArgument.Bytes(RdArgumentKind.Key, keyBytes, key.Length);
            arguments[4] = RdArgument.Bytes(RdArgumentKind.Value, valueBytes, value.Length);
            RdError? error;
            while ((error = RdError.Take(Rd.Produce(_client.Handle, arguments, 5))) is not null)
            {
                AwaitRoom(error);
            }
        }
    }

    public void Commit()
    {
        Repeat("committing a transaction of", () => Rd.CommitTransaction(_client.Handle, CallMs));
        KafkaMetrics.Committed(_owner, Stopwatch.GetElapsedTime(_began));
    }

    /// <summary>Aborts the transaction, so that it can be written again.</summary>
    /// <exception cref="FencedException">Whether it is aborted or committed is not known.</exception>
    public void Abort()
    {
        _client.TakeDeliveryError();
        Repeat("aborting a transaction of", () => Rd.AbortTransaction(_client.Handle, CallMs));
        _client.TakeDeliveryError();
    }

    public void Dispose()
    {
        // What was begun and not committed is given up; without an answer the next owner of the id does it, or the broker after the timeout.
        RdError.Take(Rd.AbortTransaction(_client.Handle, 1000));
        foreach (nint topic in _topics.Values)
        {
            Rd.TopicDestroy(topic);
        }

        _client.Dispose();
    }

    private nint Topic(string name)
    {
        if (!_topics.TryGetValue(name, out nint handle))
        {
            handle = Rd.TopicNew(_client.Handle, name, 0);
            _topics.Add(name, handle);
        }

        return handle;
    }

    private void AwaitRoom(RdError error)
    {
        if (error.Code != RdErrorCode.QueueFull)
        {
            throw Failed("writing with", error);
        }

        Rd.Poll(_client.Handle, WaitMs);
        RequireDelivered();
    }

    private void RequireDelivered()
    {
        Rd.Poll(_client.Handle, 0);
        if (_client.TakeDeliveryError() is { Code: not RdErrorCode.PurgeQueue } error)
        {
            throw Failed("writing with", error);
        }
    }

    // A call that has not ended may be made again, and goes on where it was. An error that neither that nor an abort gets over leaves the outcome unknown.
    private void Repeat(string action, Func<nint> call)
    {
        long began = Stopwatch.GetTimestamp();
        while (RdError.Take(call()) is { } error)
        {
            if (error.RequiresAbort && !error.IsFatal)
            {
                throw Failed(action, error);
            }

            if (!error.IsRetriable || error.IsFatal || Stopwatch.GetElapsedTime(began) > _options.TransactionTimeout)
            {
                throw Failed(action, error) switch
                {
                    ConnectorException { CanRetry: true } e when _began != 0 => new FencedException(
                        $"{e.Message} Whether the transaction is committed is not known; the attempt ends, and the next one learns it from the mark.", e),
                    StreamException e => e,
                };
            }

            KafkaMetrics.ClientError(error.Code);
        }
    }

    private StreamException Failed(string action, RdError error)
    {
        // What went wrong with a message says more than that the transaction has to be aborted.
        RdError told = error.Code is RdErrorCode.TimedOut && _client.LastError is { } trouble && KafkaFailure.IsTransient(trouble.Code) ? trouble : error;
        told = !error.IsFatal && _client.TakeDeliveryError() is { Code: not RdErrorCode.PurgeQueue } delivery ? delivery : told;
        return KafkaFailure.Describe(_owner, $"{action} the transactional id '{Id}'", _options.Servers, told);
    }
}
