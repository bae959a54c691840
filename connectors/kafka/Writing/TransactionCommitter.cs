namespace OrleansStream.Connectors.Kafka.Writing;

/// <summary>Commits the epochs of one subtask, and those that it inherited from subtasks that are no more, each with the id of who prepared it.</summary>
internal sealed class TransactionCommitter(SinkContext context, KafkaSinkOptions options, EpochChain chain) : ISinkCommitter
{
    private readonly Dictionary<string, IdSession> _sessions = new(StringComparer.Ordinal);
    private readonly List<EpochHeader> _restored = [];
    private readonly string _ownId = options.TransactionalId(context);
    private MarkTopic? _marks;

    public void Restore(long checkpointId, IReadOnlyList<byte[]> committables)
    {
        EpochHeader header = EpochHeader.Read(committables[0], context.OperatorName);
        _restored.Add(header);
        chain.Spooled(header.Bytes);
    }

    public void AbortUnprepared()
    {
        _marks = MarkTopic.Open(context.OperatorName, options);
        foreach (IGrouping<string, EpochHeader> inherited in _restored.GroupBy(h => h.TransactionalId).Where(g => g.Key != _ownId))
        {
            _sessions.Add(inherited.Key, new IdSession(context, options, _marks, inherited.Key, inherited));
        }

        IdSession own = new(context, options, _marks, _ownId, _restored.Where(h => h.TransactionalId == _ownId));
        _sessions.Add(_ownId, own);
        chain.Tail = own.Open();
    }

    public void Commit(long checkpointId, IReadOnlyList<byte[]> committables)
    {
        chain.CommitBegins();
        EpochHeader header = EpochHeader.Read(committables[0], context.OperatorName);
        IdSession session = _sessions[header.TransactionalId];
        session.Commit(header, committables);

        // An id of another subtask is needed no longer than what it left behind.
        if (session.IsDone && header.TransactionalId != _ownId)
        {
            session.Dispose();
        }

        chain.CommitEnded(header.Bytes);
    }

    public void Dispose()
    {
        foreach (IdSession session in _sessions.Values)
        {
            session.Dispose();
        }
    }
}
