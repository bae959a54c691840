namespace OrleansStream.Engine.Checkpointing;

/// <content>What subtasks and the host report.</content>
public sealed partial class CheckpointCoordinator
{
    /// <summary>A subtask's state of a checkpoint is durable.</summary>
    /// <param name="nowMs">The time.</param>
    /// <param name="checkpointId">The checkpoint.</param>
    /// <param name="snapshot">Where the state is.</param>
    /// <param name="operators">What the subtask's operators and their states are; merged over the subtasks.</param>
    public void Acknowledge(long nowMs, long checkpointId, SubtaskSnapshot snapshot, IReadOnlyList<OperatorMetadata> operators)
    {
        ArgumentNullException.ThrowIfNull(snapshot);
        ArgumentNullException.ThrowIfNull(operators);
        if (Expect(nowMs, checkpointId, snapshot.Subtask) is not { } pending)
        {
            // Its files came after those of the checkpoint were deleted; ids are not reused, so deleting again hits nothing else.
            if (IsRunning && snapshot.Path is not null && checkpointId >= _start.NextCheckpointId && !_retained.Contains(checkpointId)
                && !_aborted.Contains(checkpointId) && _pending.TrueForAll(p => p.Id != checkpointId))
            {
                Decide(new Discard(checkpointId, Completed: false));
            }

            return;
        }

        if (pending.Phase != PendingPhase.Acknowledging || !pending.TryAdd(snapshot))
        {
            Decide(new MessageIgnored(checkpointId, snapshot.Subtask, "it acknowledged the checkpoint before"));
            return;
        }

        if (pending.Describe(snapshot.Subtask, operators) is { } contradiction)
        {
            GiveUp(pending, contradiction);
        }
        else if (pending.Acknowledged == _subtasks.Count)
        {
            pending.Phase = PendingPhase.Storing;
            Decide(new StoreMetadata(pending.Folder, pending.Metadata(_start, _now)));
        }

        Trigger();
    }

    /// <summary>A subtask cannot take part in a checkpoint.</summary>
    /// <param name="nowMs">The time.</param>
    /// <param name="checkpointId">The checkpoint.</param>
    /// <param name="subtask">The subtask.</param>
    /// <param name="reason">Why.</param>
    public void Decline(long nowMs, long checkpointId, SubtaskId subtask, string reason)
    {
        if (Expect(nowMs, checkpointId, subtask) is not { } pending)
        {
            return;
        }

        if (pending.Phase != PendingPhase.Acknowledging)
        {
            Decide(new MessageIgnored(checkpointId, subtask, "it declined after all subtasks had acknowledged"));
            return;
        }

        GiveUp(pending, $"subtask {subtask} declined it: {reason}");
        Trigger();
    }

    /// <summary>The metadata is durable.</summary>
    /// <param name="nowMs">The time.</param>
    /// <param name="checkpointId">The checkpoint.</param>
    /// <param name="stored">Where it is.</param>
    public void MetadataStored(long nowMs, long checkpointId, StoredMetadata stored)
    {
        ArgumentNullException.ThrowIfNull(stored);
        if (Expect(nowMs, checkpointId, null) is not { } pending)
        {
            if (IsRunning && !_retained.Contains(checkpointId) && !_aborted.Contains(checkpointId))
            {
                Decide(new Discard(checkpointId, Completed: false));
            }

            return;
        }

        ProtocolInvariant.Require(4, pending.Phase == PendingPhase.Storing, $"metadata of checkpoint {checkpointId} in phase {pending.Phase} was stored");
        pending.Stored = stored;
        pending.Phase = PendingPhase.Stored;
        LogNext();
    }

    /// <summary>The metadata could not be stored: the checkpoint failed.</summary>
    /// <param name="nowMs">The time.</param>
    /// <param name="checkpointId">The checkpoint.</param>
    /// <param name="error">Why.</param>
    public void MetadataFailed(long nowMs, long checkpointId, string error)
    {
        if (Expect(nowMs, checkpointId, null) is { } pending)
        {
            ProtocolInvariant.Require(
                4, pending.Phase == PendingPhase.Storing, $"metadata of checkpoint {checkpointId} in phase {pending.Phase} failed");
            GiveUp(pending, "its metadata could not be stored: " + error);
            Trigger();
        }
    }

    /// <summary>The completion is in the log: the checkpoint counts.</summary>
    /// <param name="nowMs">The time.</param>
    /// <param name="checkpointId">The checkpoint.</param>
    public void CompletionLogged(long nowMs, long checkpointId)
    {
        if (Logging(nowMs, checkpointId) is not { } pending)
        {
            return;
        }

        _pending.Remove(pending);
        _lastEndMs = _now;
        _reserved = Math.Max(_reserved, pending.Entry!.ReservedThrough);
        if (pending.Commits)
        {
            _failures = 0;
            _lastCommitting = checkpointId;
            Decide(new NotifyCompleted(checkpointId));
        }

        foreach (var number in pending.Waiting)
        {
            Decide(new RequestCompleted(number, checkpointId, pending.Stored!.Path));
        }

        if (pending.Request.Kind != CheckpointKind.Savepoint)
        {
            _retained.Add(checkpointId);
            DiscardOld();
        }

        _lastLogged |= pending == _last;
        LogNext();
        FinishWhenCommitted();
        Trigger();
    }

    /// <summary>
    /// The append failed, so nobody knows whether the checkpoint counts. It is repeated until that is known; past the checkpoint's
    /// timeout the attempt fails, and the next one reads the log.
    /// </summary>
    /// <param name="nowMs">The time.</param>
    /// <param name="checkpointId">The checkpoint.</param>
    /// <param name="error">Why.</param>
    public void CompletionFailed(long nowMs, long checkpointId, string error)
    {
        if (Logging(nowMs, checkpointId) is not { } pending)
        {
            return;
        }

        if (_now >= pending.DeadlineMs)
        {
            Fail($"The completion of checkpoint {checkpointId} could not be written to the job log before its timeout: {error}");
        }
        else
        {
            pending.RetryAtMs = Math.Min(After(_now, AppendRetryMs), pending.DeadlineMs);
        }
    }

    /// <summary>The reservation is in the log.</summary>
    /// <param name="nowMs">The time.</param>
    /// <param name="through">The last reserved id.</param>
    public void IdsReserved(long nowMs, long through)
    {
        if (Enter(nowMs))
        {
            _reserved = Math.Max(_reserved, through);
            _reserving = false;
            _reserveRetryAtMs = null;
            Trigger();
        }
    }

    /// <summary>The reservation failed; it is repeated.</summary>
    /// <param name="nowMs">The time.</param>
    public void ReservationFailed(long nowMs)
    {
        if (Enter(nowMs) && _reserving)
        {
            _reserveRetryAtMs = After(_now, AppendRetryMs);
        }
    }

    /// <summary>A subtask committed all its epochs up to a checkpoint.</summary>
    /// <param name="nowMs">The time.</param>
    /// <param name="subtask">The subtask.</param>
    /// <param name="checkpointId">The checkpoint.</param>
    public void Committed(long nowMs, SubtaskId subtask, long checkpointId)
    {
        if (!Enter(nowMs) || !_committed.TryGetValue(subtask, out var before))
        {
            Decide(new MessageIgnored(checkpointId, subtask, IsRunning ? "it is none of the committers" : "the attempt is over"));
            return;
        }

        ProtocolInvariant.Require(
            6, checkpointId <= _lastCommitting, $"subtask {subtask} committed checkpoint {checkpointId}, and only {_lastCommitting} has completed");
        _committed[subtask] = Math.Max(before, checkpointId);
        FinishWhenCommitted();
    }

    private PendingCheckpoint? Expect(long nowMs, long checkpointId, SubtaskId? subtask)
    {
        var running = Enter(nowMs);
        ProtocolInvariant.Require(
            4, !running || checkpointId < _nextId, $"subtask {subtask} reports on checkpoint {checkpointId}, which was never triggered");
        if (running && subtask is { } sender && !_subtasks.Contains(sender))
        {
            Decide(new MessageIgnored(checkpointId, subtask, "it is none of the attempt's subtasks"));
            return null;
        }

        var pending = running ? _pending.Find(p => p.Id == checkpointId) : null;
        if (pending is null)
        {
            Decide(new MessageIgnored(checkpointId, subtask, running ? "the checkpoint is no longer pending" : "the attempt is over"));
        }

        return pending;
    }

    private PendingCheckpoint? Logging(long nowMs, long checkpointId)
    {
        var pending = Expect(nowMs, checkpointId, null);
        ProtocolInvariant.Require(
            5, pending is null || (pending.Phase == PendingPhase.Logging && pending.RetryAtMs is null),
            $"an append for checkpoint {checkpointId} ended that was not under way");
        return pending;
    }

    // One append at a time, lowest id first. From here on the checkpoint is not given up, and older ones are subsumed.
    private void LogNext()
    {
        if (!IsRunning || _pending.Exists(p => p.Phase == PendingPhase.Logging) || _pending.Find(p => p.Phase == PendingPhase.Stored) is not { } next)
        {
            return;
        }

        ProtocolInvariant.Require(4, next.Acknowledged == _subtasks.Count, $"checkpoint {next.Id} has {next.Acknowledged} of {_subtasks.Count} subtasks");
        if (next.Commits)
        {
            ProtocolInvariant.Require(5, next.Id > _lastCommitting, $"checkpoint {next.Id} is to complete after {_lastCommitting}");
            foreach (var older in _pending.Where(p => p.Id < next.Id && p.Commits).ToArray())
            {
                _pending.Remove(older);
                _aborted.Add(older.Id);
                Decide(new Abort(older.Id, $"the newer checkpoint {next.Id} completes"));
                next.AlsoAnswers.AddRange(older.Waiting);
            }
        }

        next.Phase = PendingPhase.Logging;
        next.Entry = new CheckpointCompleted(
            _start.Attempt, next.Id, next.Request.Kind, next.Commits, next.Stored!.Path, next.Stored.Digest,
            Math.Max(_reserved, _nextId - 1 + JobLogState.IdsAhead));
        Decide(new AppendCompletion(next.Entry));
    }

    private void DiscardOld()
    {
        foreach (var id in _aborted)
        {
            Decide(new Discard(id, Completed: false));
        }

        _aborted.Clear();
        while (_retained.Count > _policy.Retained)
        {
            ProtocolInvariant.Require(7, _retained[0] < _lastCommitting, $"checkpoint {_retained[0]} is dropped and no newer one has completed");
            Decide(new Discard(_retained[0], Completed: true));
            _retained.RemoveAt(0);
        }
    }

    private void GiveUp(PendingCheckpoint pending, string reason)
    {
        ProtocolInvariant.Require(5, pending.Phase != PendingPhase.Logging, $"checkpoint {pending.Id} is given up while it is logged");
        _pending.Remove(pending);
        _lastEndMs = _now;
        if (pending.Request.Kind != CheckpointKind.Savepoint)
        {
            _aborted.Add(pending.Id);
        }

        Decide(new Abort(pending.Id, reason));
        foreach (var number in pending.Waiting)
        {
            Decide(new RequestFailed(number, $"Checkpoint {pending.Id} was given up: {reason}."));
        }

        if (pending.Request.Stop)
        {
            Fail($"The job could not stop with checkpoint {pending.Id}: {reason}.");
        }
        else if (pending.Commits && ++_failures > _policy.TolerableFailures)
        {
            Fail($"Checkpoint {pending.Id} was given up: {reason}. {_failures} in a row failed, and "
                + $"{_policy.TolerableFailures} may (checkpointing.tolerable-failures).");
        }
        else if (pending == _last)
        {
            _last = null;
            AskForFinal();
        }
    }

    private void Fail(string reason)
    {
        Decide(new FailJob(reason));
        End("the attempt failed");
    }

    private void FinishWhenCommitted()
    {
        // A savepoint whose completion is being logged is waited for, so that nothing is appended after the job's end.
        if (_lastLogged && !_pending.Exists(p => p.Phase == PendingPhase.Logging) && _committed.Values.All(id => id >= _last!.Id))
        {
            Decide(new JobDone(_endState, _last!.Id));
            End("the job is done");
        }
    }
}
