using OrleansStream.Checkpointing;
using OrleansStream.Engine.Channels;
using OrleansStream.Engine.Checkpointing;
using OrleansStream.Engine.Nodes;
using OrleansStream.Engine.Tasklets;
using OrleansStream.Graph;

namespace OrleansStream.Engine.Jobs;

/// <summary>Does for a job master what the coordinator of the running attempt decides: messages to the subtasks, metadata, log entries, deletions, answers to requests. On the master's thread.</summary>
internal sealed class CheckpointDriver
{
    private readonly JobMaster _master;
    private readonly JobSetup _setup;
    private readonly SerialWork _log;
    private readonly Dictionary<long, Action<string?, Exception?>> _requests = [];
    private CheckpointCoordinator? _coordinator;
    private JobLogWriter? _writer;
    private AttemptRun? _run;
    private Exception? _noted;
    private int _deletions;
    private long _nextRequest;

    public CheckpointDriver(JobMaster master, JobSetup setup, SerialWork log)
    {
        _master = master;
        _setup = setup;
        _log = log;
    }

    /// <summary>When <see cref="Run"/> is to be called if nothing else comes.</summary>
    public long NextWakeMs => _coordinator?.NextWakeupMs ?? long.MaxValue;

    /// <summary>Whether files are being deleted; the job's end waits for it, since whoever waits for that may delete the folder.</summary>
    public bool IsDeleting => _deletions > 0;

    public string Describe() => _coordinator is null ? "no coordinator" : string.Join(", ", _coordinator.Pending);

    /// <summary>All subtasks of an attempt run, and those of sources have their splits: checkpoints may begin.</summary>
    public void Start(AttemptRun run, JobLogWriter writer)
    {
        _run = run;
        _writer = writer;
        CoordinatorStart start = CoordinatorStart.Of(_setup.Name, writer.State, run.Plan.Hash, run.Subtasks, run.Committers);
        // A savepoint of another job or directory may have a higher id than this log; the epochs that it holds come before ours.
        start = start with { NextCheckpointId = Math.Max(start.NextCheckpointId, run.Claimed.RestoredCheckpoint + 1) };
        _coordinator = new CheckpointCoordinator(PolicyOf(_setup.Options.Checkpointing), start, _master.Host.NowMs);
    }

    /// <summary>The attempt ends: nothing is triggered any more, and who waits for an answer gets the reason.</summary>
    public void Stop(int attempt, Exception? failure)
    {
        if (failure is not null && failure != _noted)
        {
            _noted = failure; // Who cancels a job that fails just then stops it a second time.
            _setup.History.Failed(attempt, failure, _master.Host.NowMs);
        }

        if (_coordinator is { } coordinator)
        {
            coordinator.AttemptStopped();
            CarryOut();
            _coordinator = null;
        }

        foreach (Action<string?, Exception?> done in _requests.Values)
        {
            done(null, failure ?? new CheckpointStorageException($"{_master.Name} has ended."));
        }

        _requests.Clear();
    }

    /// <summary>Looks at the clock and does what is decided.</summary>
    public void Run(long now)
    {
        if (_coordinator is { } coordinator)
        {
            if (now >= coordinator.NextWakeupMs)
            {
                coordinator.Tick(now);
            }

            CarryOut();
        }
    }

    /// <summary>Passes a request on to the coordinator, or answers with an error.</summary>
    public void Ask(Exception? error, Action<string?, Exception?> done, Action<CheckpointCoordinator, long, long> ask)
    {
        if (error is not null)
        {
            done(null, error);
        }
        else if (_coordinator is null)
        {
            done(null, new CheckpointStorageException(
                $"{_master.Name} is {_master.State}, so it cannot take a checkpoint. {(_master.HasEnded ? "Start it again" : "Try again when it runs")}."));
        }
        else
        {
            long request = ++_nextRequest;
            _requests.Add(request, done);
            ask(_coordinator, _master.Host.NowMs, request);
        }
    }

    public void AllSourcesEnded(long now) => _coordinator?.AllSourcesEnded(now);

    public void Acknowledge(long now, SubtaskAcknowledged acknowledged) =>
        _coordinator?.Acknowledge(now, acknowledged.CheckpointId, acknowledged.Snapshot, OperatorsOf(acknowledged));

    public void Decline(long now, SubtaskDeclined declined) => _coordinator?.Decline(now, declined.CheckpointId, declined.Subtask, declined.Reason);

    public void Committed(long now, SubtaskCommitted committed)
    {
        if (_run!.Committers.Contains(committed.Subtask))
        {
            _coordinator?.Committed(now, committed.Subtask, committed.CheckpointId);
        }
    }

    private static CheckpointPolicy PolicyOf(CheckpointOptions options) => new()
    {
        IntervalMs = options.Interval is { } interval ? Math.Max(1, (long)interval.TotalMilliseconds) : null,
        TimeoutMs = (long)options.Timeout.TotalMilliseconds,
        MinPauseMs = (long)options.MinPause.TotalMilliseconds,
        MaxConcurrent = options.MaxConcurrent,
        TolerableFailures = options.TolerableFailures,
        Retained = options.Retained,
        Unaligned = options.Unaligned,
        AlignedTimeoutMs = (long)Math.Min(options.AlignedTimeout.TotalMilliseconds, int.MaxValue),
    };

    private List<OperatorMetadata> OperatorsOf(SubtaskAcknowledged acknowledged)
    {
        Planning.JobPlan plan = _run!.Plan;
        Planning.PlanVertex vertex = plan.Vertices[acknowledged.Subtask.Vertex];
        List<OperatorMetadata> operators = [];
        foreach (StreamNode node in vertex.Nodes)
        {
            if (acknowledged.States.TryGetValue(plan.UidOf(node), out IReadOnlyList<StateDescription>? states))
            {
                operators.Add(new OperatorMetadata(plan.UidOf(node), node.Name, vertex.Parallelism, plan.MaxParallelism, states));
            }
        }

        return operators;
    }

    private void CarryOut()
    {
        while (_coordinator is { } coordinator && coordinator.TakeDecisions() is { Count: > 0 } decisions)
        {
            foreach (CoordinatorDecision decision in decisions)
            {
                CarryOut(coordinator, decision);
            }
        }
    }

    private void CarryOut(CheckpointCoordinator coordinator, CoordinatorDecision decision)
    {
        IEngineHost host = _master.Host;
        AttemptRun run = _run!;
        switch (decision)
        {
            case TriggerBarrier trigger:
                _setup.History.Started(trigger.CheckpointId, trigger.Kind, run.Attempt, host.NowMs);
                run.SendToAll(new TriggerCheckpoint(
                    _setup.Name, run.Attempt, new CheckpointBarrier(trigger.CheckpointId, trigger.Folder, trigger.Stop, trigger.Drain, trigger.Unaligned, trigger.AlignedTimeoutMs)));
                break;
            case StoreMetadata store:
                _master.InBackground(
                    () => CheckpointMetadataFile.Write(_setup.Store, store.Folder, store.Metadata),
                    (stored, error) =>
                    {
                        long id = store.Metadata.CheckpointId;
                        if (error is null)
                        {
                            coordinator.MetadataStored(host.NowMs, id, stored!);
                        }
                        else
                        {
                            coordinator.MetadataFailed(host.NowMs, id, error.Message);
                        }
                    });
                break;
            case AppendCompletion append:
                Append(
                    append.Entry, () => Logged(coordinator, append.Entry),
                    error => coordinator.CompletionFailed(host.NowMs, append.Entry.CheckpointId, error.Message));
                break;
            case ReserveIds reserve:
                Append(reserve.Entry, () => coordinator.IdsReserved(host.NowMs, reserve.Entry.ReservedThrough), _ => coordinator.ReservationFailed(host.NowMs));
                break;
            case NotifyCompleted completed:
                _master.NoteCompleted(completed.CheckpointId);
                run.SendToAll(new CompleteCheckpoint(_setup.Name, run.Attempt, completed.CheckpointId));
                break;
            case Abort abort:
                _setup.History.GivenUp(abort.CheckpointId, abort.Reason, host.NowMs);
                host.Log(EngineLogLevel.Warning, $"{_master.Name}: checkpoint {abort.CheckpointId} was given up: {abort.Reason}");
                run.SendToAll(new AbortCheckpoint(_setup.Name, run.Attempt, abort.CheckpointId));
                break;
            case Discard discard:
                Drop(discard);
                break;
            case RequestCompleted completed:
                Answer(completed.Request, completed.MetadataPath, null);
                break;
            case RequestFailed failed:
                Answer(failed.Request, null, new CheckpointStorageException($"{_master.Name}: {failed.Reason}"));
                break;
            case MessageIgnored ignored:
                host.Log(EngineLogLevel.Debug, $"{_master.Name}: ignored a message about checkpoint {ignored.CheckpointId} from {ignored.Subtask}: {ignored.Reason}");
                break;
            case FailJob fail:
                _master.FailAttempt(new CheckpointStorageException($"{_master.Name}: {fail.Reason}"));
                break;
            case JobDone done:
                _master.EndWith(done.State == JobEndState.Stopped ? JobState.Stopped : JobState.Finished, null);
                break;
            default:
                throw new InvariantViolatedException($"The coordinator decided something unknown: {decision.GetType().Name}.");
        }
    }

    private void Logged(CheckpointCoordinator coordinator, CheckpointCompleted entry)
    {
        _setup.History.Completed(entry.CheckpointId, entry.MetadataPath, _master.Host.NowMs);
        coordinator.CompletionLogged(_master.Host.NowMs, entry.CheckpointId);
    }

    private void Append(JobLogEntry entry, Action done, Action<Exception> failed) => _log.Add(
        () =>
        {
            _writer!.Append(entry);
            return true;
        },
        (_, error) =>
        {
            switch (error)
            {
                case null:
                    done();
                    break;
                case SupersededException:
                    _master.EndWith(JobState.Failed, error);
                    break;
                default:
                    failed(error);
                    break;
            }
        });

    private void Drop(Discard discard)
    {
        void Delete()
        {
            _deletions++;
            _master.InBackground(
                () =>
                {
                    _setup.Store.DeleteFolder(CheckpointLayout.CheckpointFolder(_setup.Name, discard.CheckpointId));
                    return true;
                },
                (_, error) =>
                {
                    WarnOfLeftovers(discard, error);
                    if (--_deletions == 0)
                    {
                        _master.DeletionsDone();
                    }
                });
        }

        if (discard.Completed)
        {
            Append(new CheckpointDropped(_writer!.Attempt, discard.CheckpointId), Delete, error => WarnOfLeftovers(discard, error));
        }
        else
        {
            Delete();
        }
    }

    private void WarnOfLeftovers(Discard discard, Exception? error)
    {
        if (error is not null)
        {
            _master.Host.Log(
                EngineLogLevel.Warning, $"{_master.Name}: the files of checkpoint {discard.CheckpointId} could not be deleted; the next attempt tries again: {error.Message}", error);
        }
    }

    private void Answer(long request, string? path, Exception? error)
    {
        if (_requests.Remove(request, out Action<string?, Exception?>? done))
        {
            done(path, error);
        }
    }
}
