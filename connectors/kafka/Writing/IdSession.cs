using OrleansStream.Commits;

namespace OrleansStream.Connectors.Kafka.Writing;

/// <summary>
/// A transactional id in the hands of this attempt. It is opened by taking it from older producers, reading its mark, and deciding what is written; after a trouble whose outcome is not known it is
/// opened anew. Blocks; one thread at a time.
/// </summary>
internal sealed class IdSession(SinkContext context, KafkaSinkOptions options, MarkTopic marks, string id, IEnumerable<EpochHeader> restored) : IDisposable
{
    // Epochs that are not known to be written, in order.
    private readonly List<PendingEpoch> _pending = [.. restored.Select(h => h.Epoch)];
    private TransactionalProducer? _producer;
    private int _partsWritten;
    private bool _wasOpened;

    /// <summary>Whether nothing that was restored is left to be written.</summary>
    public bool IsDone => _pending.Count == 0;

    /// <summary>Takes the id and finds out what it has written.</summary>
    /// <returns>The mark that the id will have when all that is pending is written.</returns>
    public EpochMark Open()
    {
        _producer?.Dispose();
        _producer = null;
        TransactionalProducer producer = TransactionalProducer.Open(context.OperatorName, id, options);
        try
        {
            EpochMark? mark = marks.Read(id);
            DeferredStart start = DeferredStart.Decide(
                mark, _pending, _wasOpened ? UnknownEpochPolicy.Fail : options.OnUnknown, EpochMark.Beginning(context.Incarnation, context.Attempt));
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

            _pending.RemoveRange(0, start.Epoch);
            _partsWritten = start.PartsWritten;
            _wasOpened = true;
            _producer = producer;
            return start.Tail;
        }
        catch
        {
            producer.Dispose();
            throw;
        }
    }

    public void Commit(EpochHeader header, IReadOnlyList<byte[]> committables)
    {
        PendingEpoch epoch = header.Epoch;
        bool isNew = epoch.Incarnation == context.Incarnation && epoch.CheckpointId > context.RestoredCheckpoint;
        if (isNew && !_pending.Contains(epoch))
        {
            _pending.Add(epoch);
        }

        if (_producer is null && _pending.Contains(epoch))
        {
            Open();
        }

        // Written before the restart, or by a call whose answer was lost.
        if (!_pending.Contains(epoch))
        {
            return;
        }

        try
        {
            for (int part = _partsWritten + 1, at = 1; part <= epoch.Parts; part++)
            {
                at = Write(_producer!, header, committables, part, at);
                _partsWritten = part;
            }
        }
        catch
        {
            // Whether the transaction is committed only its mark says.
            KafkaMetrics.Retried(context.OperatorName);
            _producer?.Dispose();
            _producer = null;
            throw;
        }

        _pending.Remove(epoch);
        _partsWritten = 0;
    }

    public void Dispose()
    {
        _producer?.Dispose();
        _producer = null;
    }

    private int Write(TransactionalProducer producer, EpochHeader header, IReadOnlyList<byte[]> committables, int part, int at)
    {
        producer.Begin();
        for (; at < committables.Count; at++)
        {
            byte[] chunk = committables[at];
            int of = EpochChunk.PartOf(chunk);
            if (of > part)
            {
                break;
            }

            if (of == part)
            {
                producer.Write(header.Topic, chunk);
            }
        }

        producer.Write(marks, header.Epoch.MarkOf(part));
        producer.Commit();
        return at;
    }

    private ConnectorException Unknown(EpochMark? mark) => new(
        $"'{context.OperatorName}': nobody can know whether the transactional id '{id}' has written what the checkpoint holds ({string.Join("; ", _pending.Select(p => $"checkpoint {p.CheckpointId}"))}): "
        + (mark is { } other ? $"its mark in topic '{marks.Name}' is {other}, so the job was restored from something older than what was written since. " : $"its mark in topic '{marks.Name}' is gone. ")
        + "Look at the output, then start with OnUnknownEpoch(UnknownEpochPolicy.Rewrite) to write it, perhaps a second time, or UnknownEpochPolicy.Skip to leave it out; and take that away again afterwards.");
}
