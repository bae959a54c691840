using OrleansStream.Commits;

namespace OrleansStream.Connectors.Kafka.Writing;

/// <summary>
/// A transactional id in the hands of this attempt. It is opened once, by taking it from older producers, reading its mark, and deciding what is written. A transaction that could be aborted is written
/// again; one whose outcome is not known fails the attempt, so that the next one, if the job's log lets it begin, opens the id anew. Blocks; one thread at a time.
/// </summary>
internal sealed class IdSession(SinkContext context, KafkaSinkOptions options, MarkTopic marks, string id, IEnumerable<EpochHeader> restored) : IDisposable
{
    private readonly List<PendingEpoch> _pending = [.. restored.Select(h => h.Epoch)];
    private TransactionalProducer? _producer;
    private int _partsWritten;
    private int _written;

    /// <summary>Whether nothing that was restored is left to be written.</summary>
    public bool IsDone => _written == _pending.Count;

    /// <summary>Takes the id and finds out what it has written.</summary>
    /// <returns>The mark that the id will have when all that is pending is written.</returns>
    public EpochMark Open()
    {
        TransactionalProducer producer = TransactionalProducer.Open(context.OperatorName, id, options);
        try
        {
            EpochMark? mark = marks.Read(id);
            DeferredStart start = DeferredStart.Decide(mark, _pending, options.OnUnknown, EpochMark.Beginning(context.Incarnation, context.Attempt));
            switch (start.Kind)
            {
                case DeferredStartKind.Unknown:
                    throw Unknown(mark);
                case DeferredStartKind.Begin:
                    producer.Begin();
                    producer.Write(marks, start.Tail);
                    producer.Commit();
                    break;
            }

            _written = start.Epoch;
            _partsWritten = start.PartsWritten;
            _producer = producer;
            return start.Tail;
        }
        catch
        {
            producer.Dispose();
            throw;
        }
    }

    /// <summary>Writes an epoch, or what of it is not written yet.</summary>
    public void Commit(EpochHeader header, IReadOnlyList<byte[]> committables)
    {
        if (_producer is null)
        {
            Open();
        }

        int restored = _pending.IndexOf(header.Epoch);
        if (restored >= 0 && restored < _written)
        {
            return;
        }

        // The header, then the first chunk.
        using IEnumerator<byte[]> chunks = committables.GetEnumerator();
        bool isAtChunk = chunks.MoveNext() && chunks.MoveNext();
        for (int part = _partsWritten + 1; part <= header.Epoch.Parts; part++)
        {
            isAtChunk = Write(_producer!, header, chunks, isAtChunk, part);
            _partsWritten = part;
        }

        _partsWritten = 0;
        _written = Math.Max(_written, restored + 1);
    }

    public void Dispose()
    {
        _producer?.Dispose();
        _producer = null;
    }

    private bool Write(TransactionalProducer producer, EpochHeader header, IEnumerator<byte[]> chunks, bool isAtChunk, int part)
    {
        producer.Begin();
        try
        {
            for (; isAtChunk && EpochChunk.PartOf(chunks.Current) <= part; isAtChunk = chunks.MoveNext())
            {
                if (EpochChunk.PartOf(chunks.Current) == part)
                {
                    producer.Write(header.Topic, chunks.Current);
                }
            }

            producer.Write(marks, header.Epoch.MarkOf(part));
            producer.Commit();
            return isAtChunk;
        }
        catch (ConnectorException)
        {
            KafkaMetrics.Retried(context.OperatorName);
            producer.Abort();
            throw;
        }
    }

    private ConnectorException Unknown(EpochMark? mark) => new(
        $"'{context.OperatorName}': nobody can know whether the transactional id '{id}' has written what the checkpoint holds ({string.Join("; ", _pending.Skip(_written).Select(p => $"checkpoint {p.CheckpointId}"))}): "
        + (mark is { } other ? $"its mark in topic '{marks.Name}' is {other}, so the job was restored from something older than what was written since. " : $"its mark in topic '{marks.Name}' is gone. ")
        + "Look at the output, then start with OnUnknownEpoch(UnknownEpochPolicy.Rewrite) to write it, perhaps a second time, or UnknownEpochPolicy.Skip to leave it out; and take that away again afterwards.");
}
