namespace OrleansStream.Engine.Checkpointing;

/// <summary>How far a pending checkpoint is.</summary>
internal enum PendingPhase
{
    /// <summary>Subtasks are still to acknowledge.</summary>
    Acknowledging,

    /// <summary>Its metadata is being stored.</summary>
    Storing,

    /// <summary>Its metadata is stored; another completion is being logged.</summary>
    Stored,

    /// <summary>Its completion is being logged: it can no longer be given up.</summary>
    Logging,
}

/// <summary>What somebody asked for and was not triggered yet.</summary>
internal sealed record CheckpointRequest(long? Request, CheckpointKind Kind, string? Folder, bool Stop, bool Drain)
{
    /// <summary>Whether the job ends with it.</summary>
    public bool Ends => Stop || Kind == CheckpointKind.Final;
}

/// <summary>A checkpoint between its trigger and its completion.</summary>
internal sealed class PendingCheckpoint(long id, CheckpointRequest request, string folder, long triggeredAtMs, long deadlineMs)
{
    private readonly SortedDictionary<SubtaskId, SubtaskSnapshot> _snapshots = [];
    private readonly SortedDictionary<string, OperatorMetadata> _operators = new(StringComparer.Ordinal);

    public long Id { get; } = id;

    public CheckpointRequest Request { get; } = request;

    public string Folder { get; } = folder;

    public long TriggeredAtMs { get; } = triggeredAtMs;

    public long DeadlineMs { get; } = deadlineMs;

    public PendingPhase Phase { get; set; }

    public StoredMetadata? Stored { get; set; }

    /// <summary>The entry that is being logged.</summary>
    public CheckpointCompleted? Entry { get; set; }

    /// <summary>Requests of older checkpoints that this one subsumed: answered with it.</summary>
    public List<long> AlsoAnswers { get; } = [];

    /// <summary>The requests that wait for it.</summary>
    public IEnumerable<long> Waiting => Request.Request is { } own ? AlsoAnswers.Append(own) : AlsoAnswers;

    /// <summary>When to try the append again; null while one is under way.</summary>
    public long? RetryAtMs { get; set; }

    /// <summary>Whether sinks commit on it.</summary>
    public bool Commits => Request.Kind != CheckpointKind.Savepoint || Request.Stop;

    /// <summary>When time decides about it next.</summary>
    public long WakeupMs => Phase switch
    {
        PendingPhase.Acknowledging or PendingPhase.Storing => DeadlineMs,
        PendingPhase.Logging => RetryAtMs ?? long.MaxValue,
        _ => long.MaxValue,
    };

    public int Acknowledged => _snapshots.Count;

    public bool TryAdd(SubtaskSnapshot snapshot) => _snapshots.TryAdd(snapshot.Subtask, snapshot);

    /// <summary>Takes what a subtask says of its operators; returns what contradicts an earlier subtask, or null.</summary>
    public string? Describe(SubtaskId subtask, IReadOnlyList<OperatorMetadata> operators)
    {
        foreach (var one in operators)
        {
            if (!_operators.TryGetValue(one.Uid, out var known))
            {
                _operators[one.Uid] = one;
                continue;
            }

            if ((known.Parallelism, known.MaxParallelism) != (one.Parallelism, one.MaxParallelism))
            {
                return $"subtask {subtask} has operator '{one.Uid}' with another parallelism than a subtask before it";
            }

            var states = known.States.ToList();
            foreach (var state in one.States)
            {
                var same = states.Find(s => s.Name == state.Name && s.Kind == state.Kind);
                if (same is null)
                {
                    states.Add(state);
                }
                else if (!same.Equals(state))
                {
                    return $"subtask {subtask} has state '{state.Name}' of operator '{one.Uid}' with another type or schema than a subtask before it";
                }
            }

            _operators[one.Uid] = known with { States = states };
        }

        return null;
    }

    public CheckpointMetadata Metadata(CoordinatorStart start, long nowMs) => new(
        CheckpointMetadata.CurrentFormat, start.Job, Id, start.Attempt, Request.Kind, TriggeredAtMs, nowMs, start.PlanHash,
        [.. _operators.Values.Select(o => o with { States = [.. o.States.OrderBy(s => s.Name, StringComparer.Ordinal).ThenBy(s => s.Kind)] })],
        [.. _snapshots.Values]);
}
