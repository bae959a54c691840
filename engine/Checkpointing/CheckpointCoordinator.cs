namespace OrleansStream.Engine.Checkpointing;

/// <summary>
/// Decides about the checkpoints of one attempt: when to trigger, when one has completed, failed, or is to be deleted, and when the job
/// is done. It does nothing itself: the caller takes the decisions with <see cref="TakeDecisions"/> after each input and carries them out
/// in order. No clock (times are the caller's, in milliseconds), no I/O, one thread at a time. The rules are numbered in
/// docs/checkpoint-protocol.md. The caller fences messages by attempt before they get here.
/// </summary>
public sealed partial class CheckpointCoordinator
{
    /// <summary>How long it waits before it repeats a log append that failed.</summary>
    public const long AppendRetryMs = 1000;

    private readonly CheckpointPolicy _policy;
    private readonly CoordinatorStart _start;
    private readonly SortedSet<SubtaskId> _subtasks;
    private readonly SortedDictionary<SubtaskId, long> _committed = [];
    private readonly List<PendingCheckpoint> _pending = []; // by id
    private readonly LinkedList<CheckpointRequest> _requests = new();
    private readonly List<long> _retained;
    private readonly List<long> _aborted = [];
    private List<CoordinatorDecision> _decisions = [];
    private long _now;
    private long _nextId;
    private long _reserved;
    private bool _reserving;
    private long? _reserveRetryAtMs;
    private long _nextPeriodicMs;
    private long _lastEndMs = long.MinValue;
    private long _lastCommitting;
    private int _failures;
    private bool _sourcesEnded;
    private PendingCheckpoint? _last; // the one that the job ends with, from its trigger on
    private bool _lastLogged;
    private JobEndState _endState;

    /// <summary>Starts to coordinate an attempt whose subtasks all run.</summary>
    /// <param name="policy">The options.</param>
    /// <param name="start">The attempt.</param>
    /// <param name="nowMs">The time.</param>
    /// <exception cref="OptionsException">The options are wrong.</exception>
    public CheckpointCoordinator(CheckpointPolicy policy, CoordinatorStart start, long nowMs)
    {
        ArgumentNullException.ThrowIfNull(policy);
        ArgumentNullException.ThrowIfNull(start);
        if (policy.Problems() is { Count: > 0 } problems)
        {
            throw new OptionsException(string.Join(Environment.NewLine, problems));
        }

        _policy = policy;
        _start = start;
        _now = nowMs;
        _subtasks = [.. start.Subtasks];
        ProtocolInvariant.Require(4, _subtasks.Count > 0, $"attempt {start.Attempt} has no subtask");
        foreach (var committer in start.Committers)
        {
            ProtocolInvariant.Require(6, _subtasks.Contains(committer), $"subtask {committer} commits and is none of the attempt's");
            _committed[committer] = 0;
        }

        _nextId = start.NextCheckpointId;
        _reserved = start.ReservedThrough;
        _lastCommitting = start.NextCheckpointId - 1;
        _retained = [.. start.Retained.Order()];
        ProtocolInvariant.Require(
            3, _retained.Count == 0 || _retained[^1] < _nextId, $"checkpoint {_nextId} is next and a newer one is retained");
        _nextPeriodicMs = policy.IntervalMs is { } interval ? After(nowMs, interval) : long.MaxValue;
    }

    /// <summary>Whether the coordinator takes input: neither failed nor done nor stopped.</summary>
    public bool IsRunning { get; private set; } = true;

    /// <summary>The newest checkpoint of this attempt that completed and on which sinks commit; null for none.</summary>
    public long? LastCompleted => _lastCommitting >= _start.NextCheckpointId ? _lastCommitting : null;

    /// <summary>The checkpoints that are under way, by id.</summary>
    public IReadOnlyList<long> Pending => [.. _pending.Select(p => p.Id)];

    /// <summary>When <see cref="Tick"/> is to be called if nothing else comes first; <see cref="long.MaxValue"/> for never.</summary>
    public long NextWakeupMs
    {
        get
        {
            if (!IsRunning)
            {
                return long.MaxValue;
            }

            var next = _reserveRetryAtMs ?? long.MaxValue;
            foreach (var pending in _pending)
            {
                next = Math.Min(next, pending.WakeupMs);
            }

            return MayTrigger && (_nextId <= _reserved || !_reserving) ? Math.Min(next, PeriodicDueMs) : next;
        }
    }

    private bool MayTrigger => IsRunning && _last is null && _pending.Count < _policy.MaxConcurrent;

    private long PeriodicDueMs => _policy.IntervalMs is null || _sourcesEnded
        ? long.MaxValue
        : Math.Max(_nextPeriodicMs, _lastEndMs == long.MinValue ? long.MinValue : After(_lastEndMs, _policy.MinPauseMs));

    /// <summary>The decisions since the last call, in order.</summary>
    public IReadOnlyList<CoordinatorDecision> TakeDecisions()
    {
        var taken = _decisions;
        _decisions = [];
        return taken;
    }

    /// <summary>Time passed: timeouts, repeats and the period are looked at.</summary>
    /// <param name="nowMs">The time.</param>
    public void Tick(long nowMs)
    {
        if (!Enter(nowMs))
        {
            return;
        }

        foreach (var pending in _pending.ToArray())
        {
            if (!IsRunning || pending.WakeupMs > _now)
            {
                continue;
            }

            if (pending.Phase == PendingPhase.Logging)
            {
                pending.RetryAtMs = null;
                Decide(new AppendCompletion(pending.Entry!));
            }
            else
            {
                var missing = _subtasks.Count - pending.Acknowledged;
                GiveUp(pending, $"it was not complete after {_policy.TimeoutMs} ms (checkpointing.timeout); "
                    + (missing > 0 ? $"{missing} of {_subtasks.Count} subtasks had not acknowledged" : "its metadata was not stored"));
            }
        }

        if (_reserveRetryAtMs <= _now)
        {
            Reserve();
        }

        Trigger();
    }

    /// <summary>Somebody wants a checkpoint now, beside the period.</summary>
    /// <param name="nowMs">The time.</param>
    /// <param name="request">The caller's number, answered by <see cref="RequestCompleted"/> or <see cref="RequestFailed"/>.</param>
    public void RequestCheckpoint(long nowMs, long request) =>
        Ask(nowMs, new CheckpointRequest(request, CheckpointKind.Checkpoint, null, false, false));

    /// <summary>Somebody wants a savepoint.</summary>
    /// <param name="nowMs">The time.</param>
    /// <param name="request">The caller's number.</param>
    /// <param name="folder">The folder for its files, checked by <see cref="CheckpointMetadataFile.RequireFree"/> in a work item before.</param>
    /// <param name="stop">Whether the job ends with it.</param>
    /// <param name="drain">With stop: whether the final watermark is sent before it.</param>
    public void RequestSavepoint(long nowMs, long request, string folder, bool stop, bool drain)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        Ask(nowMs, new CheckpointRequest(request, CheckpointKind.Savepoint, folder, stop, stop && drain));
    }

    /// <summary>Somebody wants the job to end with a final checkpoint, from which it can go on.</summary>
    /// <param name="nowMs">The time.</param>
    /// <param name="request">The caller's number.</param>
    /// <param name="drain">Whether the final watermark is sent before it.</param>
    public void RequestStop(long nowMs, long request, bool drain) =>
        Ask(nowMs, new CheckpointRequest(request, CheckpointKind.Final, null, true, drain));

    /// <summary>All sources of a bounded job ended: the final checkpoint is triggered as soon as the concurrency allows, also without a period.</summary>
    /// <param name="nowMs">The time.</param>
    public void AllSourcesEnded(long nowMs)
    {
        if (!Enter(nowMs) || _sourcesEnded)
        {
            return;
        }

        _sourcesEnded = true;
        AskForFinal();
        Trigger();
    }

    /// <summary>The attempt was torn down, for whatever reason: nothing more is decided.</summary>
    public void AttemptStopped()
    {
        if (IsRunning)
        {
            End("the attempt was stopped");
        }
    }

    private void Ask(long nowMs, CheckpointRequest request)
    {
        if (!Enter(nowMs))
        {
            Decide(new RequestFailed(request.Request!.Value, "The attempt is over. Try again when the job runs."));
        }
        else if (_last is not null)
        {
            Decide(new RequestFailed(request.Request!.Value, $"The job is ending with checkpoint {_last.Id}."));
        }
        else
        {
            _requests.AddLast(request);
            Trigger();
        }
    }

    // A stop that is asked for already does as well as a final checkpoint of our own.
    private void AskForFinal()
    {
        if (_last is null && !_requests.Any(r => r.Ends))
        {
            _requests.AddFirst(new CheckpointRequest(null, CheckpointKind.Final, null, false, false));
        }
    }

    private void Trigger()
    {
        while (MayTrigger && (_requests.Count > 0 || PeriodicDueMs <= _now))
        {
            if (_nextId > _reserved)
            {
                Reserve();
                return;
            }

            var request = _requests.First?.Value ?? new CheckpointRequest(null, CheckpointKind.Checkpoint, null, false, false);
            if (_requests.Count > 0)
            {
                _requests.RemoveFirst();
            }

            Trigger(request);
        }
    }

    private void Trigger(CheckpointRequest request)
    {
        var id = _nextId++;
        var folder = request.Folder ?? CheckpointLayout.CheckpointFolder(_start.Job, id, _start.Attempt);
        var pending = new PendingCheckpoint(id, request, folder, _now, After(_now, _policy.TimeoutMs));
        _pending.Add(pending);
        if (_policy.IntervalMs is { } interval && request.Kind == CheckpointKind.Checkpoint)
        {
            _nextPeriodicMs = After(_now, interval);
        }

        var unaligned = _policy.Unaligned && request.Kind == CheckpointKind.Checkpoint;
        Decide(new TriggerBarrier(
            id, request.Kind, folder, request.Ends, request.Drain, unaligned, unaligned ? _policy.AlignedTimeoutMs : 0));
        if (request.Ends)
        {
            _last = pending;
            _endState = _sourcesEnded ? JobEndState.Finished : JobEndState.Stopped;
            FailRequests($"The job is ending with checkpoint {id}.");
        }
    }

    private void Reserve()
    {
        if (_reserving && _reserveRetryAtMs is null)
        {
            return;
        }

        if (_reserveRetryAtMs > _now)
        {
            return;
        }

        _reserving = true;
        _reserveRetryAtMs = null;
        Decide(new ReserveIds(new CheckpointIdsReserved(_start.Attempt, _nextId - 1 + JobLogState.IdsAhead)));
    }

    private bool Enter(long nowMs)
    {
        _now = Math.Max(_now, nowMs);
        return IsRunning;
    }

    private void Decide(CoordinatorDecision decision) => _decisions.Add(decision);

    private void FailRequests(string reason)
    {
        foreach (var request in _requests)
        {
            if (request.Request is { } number)
            {
                Decide(new RequestFailed(number, reason));
            }
        }

        _requests.Clear();
    }

    // Whatever is under way ends with the attempt; a completion that is being logged may still count, which the next attempt reads.
    private void End(string reason)
    {
        IsRunning = false;
        foreach (var pending in _pending)
        {
            var logging = pending.Phase == PendingPhase.Logging;
            if (!logging)
            {
                Decide(new Abort(pending.Id, reason));
            }

            foreach (var number in pending.Waiting)
            {
                Decide(new RequestFailed(number, logging
                    ? $"Whether checkpoint {pending.Id} completed is not known: {reason} while it was written to the job log, which has the answer."
                    : $"Checkpoint {pending.Id} was given up: {reason}."));
            }
        }

        _pending.Clear();
        FailRequests($"The checkpoint was not triggered: {reason}.");
    }

    private static long After(long timeMs, long delayMs) => timeMs > long.MaxValue - delayMs ? long.MaxValue : timeMs + delayMs;
}
