using OrleansStream.Commits;

namespace OrleansStream.Simulation;

/// <summary>
/// A broker with one topic and a compacted topic of marks. Whoever initializes a transactional id fences those who had it before; a transaction with its mark is there as a whole or not at all; its answer may be
/// lost. It never forgets what is written.
/// </summary>
internal sealed class Topic(World world)
{
    private readonly Dictionary<string, int> _producers = new(StringComparer.Ordinal);
    private readonly Dictionary<string, EpochMark> _marks = new(StringComparer.Ordinal);
    private readonly Dictionary<(long CheckpointId, string Sink, int Subtask), IReadOnlyList<DeferredEpoch>> _pendingAt = [];

    // What belongs to the present history of the job, which a restore of an older savepoint cuts off.
    private readonly HashSet<string> _history = new(StringComparer.Ordinal);

    /// <summary>Takes a transactional id over.</summary>
    /// <returns>The number by which the owner is known.</returns>
    public int Initialize(string id)
    {
        _producers[id] = _producers.GetValueOrDefault(id) + 1;
        return _producers[id];
    }

    public EpochMark? MarkOf(string id) => _marks.TryGetValue(id, out EpochMark mark) ? mark : null;

    /// <summary>A transaction: rows of an epoch, or none, and a mark.</summary>
    public void Write(string id, int producer, EpochMark mark, Unit? rows)
    {
        StoreFault fault = world.AtCommit();
        fault.ThrowBefore();
        if (_producers[id] != producer)
        {
            throw new FencedException($"The transactional id '{id}' was taken over. The newest attempt goes on.");
        }

        _marks[id] = mark;
        if (rows is not null)
        {
            _history.Add(rows.Key);
            world.Output.Append(rows);
        }

        fault.ThrowAfter();
    }

    /// <summary>What a subtask has prepared and not written at the barrier of a checkpoint.</summary>
    public void NotePending(long checkpointId, string sink, int subtask, IReadOnlyList<DeferredEpoch> epochs) => _pendingAt[(checkpointId, sink, subtask)] = epochs;

    /// <summary>What the job had made at a savepoint's barrier.</summary>
    public TopicHistory HistoryAt(long checkpointId)
    {
        DeferredEpoch[] pending = [.. _pendingAt.Where(p => p.Key.CheckpointId == checkpointId).SelectMany(p => p.Value)];
        HashSet<string> names = [.. pending.SelectMany(p => p.Units).Select(u => u.Key)];
        return new TopicHistory([.. world.Output.Stored.Where(u => u.Epoch <= checkpointId && _history.Contains(u.Key) && !names.Contains(u.Key))], pending);
    }

    /// <summary>
    /// The job goes back to a savepoint and the topic stays as it is. Nothing of the old run is alive. The rows that are now to come: all that came after the savepoint, and what it has pending, as far as that is
    /// not there; where the mark says nothing about it, as the owner has chosen.
    /// </summary>
    public void GoBack(TopicHistory history, UnknownEpochPolicy policy)
    {
        HashSet<string> stored = [.. world.Output.Stored.Select(u => u.Key)];
        List<string> toCome = [];
        foreach (IGrouping<string, DeferredEpoch> id in history.Pending.GroupBy(p => p.Id))
        {
            UnknownEpochPolicy choice = IsKnown([.. id.OrderBy(p => p.Epoch.CheckpointId)]) ? UnknownEpochPolicy.Fail : policy;
            toCome.AddRange(id.SelectMany(p => p.Units)
                .Where(u => choice == UnknownEpochPolicy.Rewrite || (choice == UnknownEpochPolicy.Fail && !stored.Contains(u.Key)))
                .SelectMany(u => u.Rows));
        }

        _history.Clear();
        _history.UnionWith(history.Units.Select(u => u.Key));
        _history.UnionWith(history.Pending.SelectMany(p => p.Units).Select(u => u.Key));
        world.Check();
        world.Output.Expect(history.Units.SelectMany(u => u.Rows).Concat(history.Pending.SelectMany(p => p.Units).SelectMany(u => u.Rows)), toCome);
    }

    /// <summary>How many transactional ids have something pending of which their mark says nothing.</summary>
    public int UnknownIds(TopicHistory history) =>
        history.Pending.GroupBy(p => p.Id).Count(id => !IsKnown([.. id.OrderBy(p => p.Epoch.CheckpointId)]));

    // By the words of the design: the mark equals that of a pending epoch, or the one before the first.
    private bool IsKnown(DeferredEpoch[] pending) =>
        MarkOf(pending[0].Id) is { } mark
        && (mark == pending[0].Epoch.Previous || pending.Any(p => Enumerable.Range(1, p.Epoch.Parts).Any(part => p.Epoch.MarkOf(part) == mark)));

    /// <summary>What a job had made: what was visible then, and what was prepared.</summary>
    internal sealed record TopicHistory(IReadOnlyList<Unit> Units, IReadOnlyList<DeferredEpoch> Pending)
    {
        public static TopicHistory Empty { get; } = new([], []);
    }
}
