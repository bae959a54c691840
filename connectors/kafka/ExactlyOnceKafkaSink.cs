using OrleansStream.Commits;
using OrleansStream.Connectors.Kafka.Writing;

namespace OrleansStream;

/// <summary>
/// Writes a topic of Kafka exactly once; <see cref="KafkaSink{T}.ExactlyOnce"/> makes one. Each method returns a changed copy. Records are kept in the checkpoint; when it has completed they are written
/// in one transaction together with a mark of how far the sink is, so that whoever goes on after a failure knows what is written. No transaction is open otherwise: the interval of checkpoints and the
/// timeout of transactions have nothing to do with each other, and nothing is left open by a job that is cancelled.
/// </summary>
/// <typeparam name="T">The type of the values.</typeparam>
public sealed class ExactlyOnceKafkaSink<T> : ITwoPhaseSink<T>
{
    private readonly KafkaSinkOptions _options;
    private readonly Func<KafkaRecordWriter<T>> _createWriter;
    private EpochChain? _chain;

    internal ExactlyOnceKafkaSink(KafkaSinkOptions options, Func<KafkaRecordWriter<T>> createWriter)
    {
        _options = options;
        _createWriter = createWriter;
    }

    /// <inheritdoc/>
    public string Description => $"Kafka {_options.Topic}, exactly once";

    /// <summary>Sets what the names of the sink's transactional ids begin with: no other job may have the same. Default: the job's name. Behind it come the uid of the sink and the number of the subtask.</summary>
    /// <param name="prefix">The beginning.</param>
    public ExactlyOnceKafkaSink<T> WithTransactionalIdPrefix(string prefix)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(prefix);
        return With(_options with { IdPrefix = prefix });
    }

    /// <summary>Sets the time within which a transaction must be written, or the broker gives it up and it is written again. It has nothing to do with checkpoints. Default: 1 minute.</summary>
    /// <param name="timeout">The time; at most the broker's <c>transaction.max.timeout.ms</c>.</param>
    public ExactlyOnceKafkaSink<T> WithTransactionTimeout(TimeSpan timeout)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(timeout, TimeSpan.FromSeconds(1));
        return With(_options with { TransactionTimeout = timeout });
    }

    /// <summary>Sets the size above which the records of a checkpoint are written in several transactions. Default: 64 MiB a subtask.</summary>
    /// <param name="bytes">The size.</param>
    public ExactlyOnceKafkaSink<T> WithMaxTransactionBytes(long bytes)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(bytes, 1);
        return With(_options with { MaxTransactionBytes = bytes });
    }

    /// <summary>Sets how much a subtask keeps in memory of what is not committed yet; more goes into a temporary file. Default: 128 MiB.</summary>
    /// <param name="bytes">The size.</param>
    public ExactlyOnceKafkaSink<T> WithSpoolBytes(long bytes)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(bytes, 1);
        return With(_options with { SpoolBytes = bytes });
    }

    /// <summary>Sets the topic of the marks, which several jobs may share. It is made when it is missing: compacted, 8 partitions. Default: orleansstream-marks.</summary>
    /// <param name="topic">The topic.</param>
    public ExactlyOnceKafkaSink<T> WithMarkTopic(string topic)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(topic);
        return With(_options with { MarkTopic = topic });
    }

    /// <summary>
    /// Decides what becomes of records of which it cannot be known whether they were written: the mark is gone, or the job was restored from an older savepoint than what was written since. Take it
    /// away again when the job has started.
    /// </summary>
    /// <param name="policy">What to do; default: fail, and say so.</param>
    public ExactlyOnceKafkaSink<T> OnUnknownEpoch(UnknownEpochPolicy policy) => With(_options with { OnUnknown = policy });

    /// <inheritdoc/>
    public ISinkCommitter CreateCommitter(SinkContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        _chain = new EpochChain(context.Wake);
        return new TransactionCommitter(context, _options, _chain);
    }

    /// <inheritdoc/>
    public ISinkWriter<T> CreateWriter(SinkContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        return new SpoolWriter<T>(
            context, _options, _createWriter(), _chain ?? throw new InvalidOperationException("The writer of an exactly-once Kafka sink is created after its committer."));
    }

    internal ExactlyOnceKafkaSink<T> WithChunkBytes(int bytes) => With(_options with { ChunkBytes = bytes });

    private ExactlyOnceKafkaSink<T> With(KafkaSinkOptions options) => new(options, _createWriter);
}
