using OrleansStream.Checkpointing;
using OrleansStream.Engine.Channels;
using OrleansStream.Engine.Checkpointing;
using OrleansStream.Engine.Planning;
using OrleansStream.Engine.Sources;
using OrleansStream.Engine.Tasklets;
using OrleansStream.Graph;

namespace OrleansStream.Engine.Jobs;

/// <summary>
/// The master of one job: claims an attempt in the log, deploys the subtasks, drives checkpoints, restarts after failures. A state machine that its host drives; requests and events come by mail, and
/// everything that blocks runs in the background.
/// </summary>
public sealed class JobMaster : Runnable
{
    private readonly JobSetup _setup;
    private readonly Action<JobOutcome> _ended;
    private readonly RestartPolicy _restarts;
    private readonly SerialWork _log;
    private readonly Dictionary<long, Action<string?, Exception?>> _requests = [];
    private readonly List<SourceDirector> _sources = [];
    private readonly HashSet<SubtaskId> _alive = [];
    private readonly HashSet<SubtaskId> _opening = [];
    private readonly HashSet<SubtaskId> _runningSources = [];
    private JobLogWriter? _writer;
    private JobPlan? _plan;
    private Dictionary<int, (List<AssignedSplit> Splits, bool NoMore)> _splits = [];
    private volatile Deployment? _deployment;
    private CheckpointCoordinator? _coordinator;
    private HashSet<SubtaskId> _committers = [];
    private volatile JobStatusPart _status = new(JobState.Starting, 0, null, null, 0);
    private Exception? _failure;
    private JobState? _endState;
    private JobState? _finishAs;
    private int _deletions;
    private long _nextRequest;
    private long _restartAtMs = long.MaxValue;
    private int _attempts;
    private long _restoredCheckpoint;
    private bool _warned;

    /// <summary>Creates the master; <see cref="IEngineHost.Start"/> and <see cref="Begin"/> get it going.</summary>
    /// <param name="host">The host.</param>
    /// <param name="setup">The job.</param>
    /// <param name="ended">Called once, on the master's thread, when the job has ended.</param>
    public JobMaster(IEngineHost host, JobSetup setup, Action<JobOutcome> ended) : base(host, $"job '{setup.Name}'")
    {
        _setup = setup;
        _ended = ended;
        _restarts = new RestartPolicy(setup.Options.Restart, setup.Options.Checkpointing.Interval is not null);
        _log = new SerialWork(this);
    }

    private bool HasEnded => _status.State is JobState.Finished or JobState.Stopped or JobState.Cancelled or JobState.Failed;

    /// <summary>What the job is doing. Any thread.</summary>
    public JobStatus Status => JobStatus.Of(_setup, _status, _plan, _deployment);

    /// <summary>Starts the job. Any thread, once.</summary>
    public void Begin() => Post(StartAttempt);

    /// <summary>Ends the job without a checkpoint. Any thread.</summary>
    public void Cancel() => Post(() => EndWith(JobState.Cancelled, null));

    /// <summary>Takes a savepoint. Any thread.</summary>
    /// <param name="folder">A folder of the checkpoint store, empty so far.</param>
    /// <param name="stop">Whether the job ends with it.</param>
    /// <param name="drain">With stop: whether the final watermark is sent first, so that all windows fire.</param>
    /// <param name="done">Gets the path of the savepoint's metadata, or an error; on the master's thread.</param>
    public void Savepoint(string folder, bool stop, bool drain, Action<string?, Exception?> done) => Post(() => InBackground(
        () =>
        {
            CheckpointMetadataFile.RequireFree(_setup.Store, folder);
            return true;
        },
        (_, error) => Ask(error, done, (coordinator, now, request) => coordinator.RequestSavepoint(now, request, folder, stop, drain))));

    /// <summary>Ends the job with a final checkpoint, which stays. Any thread.</summary>
    /// <param name="drain">Whether the final watermark is sent first.</param>
    /// <param name="done">Gets the path of the checkpoint's metadata, or an error; on the master's thread.</param>
    public void Stop(bool drain, Action<string?, Exception?> done) =>
        Post(() => Ask(null, done, (coordinator, now, request) => coordinator.RequestStop(now, request, drain)));

    /// <summary>Takes a checkpoint now. Any thread.</summary>
    /// <param name="done">Gets the path of the checkpoint's metadata, or an error; on the master's thread.</param>
    public void Checkpoint(Action<string?, Exception?> done) =>
        Post(() => Ask(null, done, (coordinator, now, request) => coordinator.RequestCheckpoint(now, request)));

    /// <inheritdoc/>
    public override string Describe() =>
        $"State {_status.State}, attempt {_status.Attempt}, {_alive.Count} subtasks alive, {_opening.Count} opening, {_runningSources.Count} sources running, "
        + $"checkpoints pending: {(_coordinator is null ? "no coordinator" : string.Join(", ", _coordinator.Pending))}, completed: {_status.LastCheckpoint}";

    /// <inheritdoc/>
    public override Progress Run()
    {
        try
        {
            bool mail = TakeMail();
            long now = Host.NowMs;
            if (now >= _restartAtMs)
            {
                _restartAtMs = long.MaxValue;
                StartAttempt();
            }

            if (_coordinator is { } coordinator)
            {
                if (now >= coordinator.NextWakeupMs)
                {
                    coordinator.Tick(now);
                }

                CarryOut();
            }

            long next = Math.Min(_restartAtMs, _coordinator?.NextWakeupMs ?? long.MaxValue);
            foreach (SourceDirector source in _sources)
            {
                source.Tick(now);
                next = Math.Min(next, source.NextDiscoveryMs);
            }

            NextWakeMs = next;
            if (!HasEnded)
            {
                return mail ? Progress.Made : Progress.Idle;
            }

            AnswerFromNowOn();
            return Progress.Done;
        }
#pragma warning disable CA1031 // Whatever goes wrong fails the job, not the host.
        catch (Exception e)
#pragma warning restore CA1031
        {
            FailAttempt(e);
            return Progress.Made;
        }
    }

    private void StartAttempt()
    {
        SetState(JobState.Starting);
        _log.Add(
            () =>
            {
                _writer ??= JobLogWriter.Open(_setup.Store, _setup.Name);
                bool first = _writer.Attempt == 0;
                AttemptStarted started = _writer.StartAttempt(state => first ? FirstStart(state) : state.RestorePoint, _setup.Owner, Host.NewIncarnation());
                RestoredJob? restored = Restore(started.From, _writer.State);
                JobPlan plan = JobPlan.Build(_setup.Create(), _setup.Options, _setup.DefaultParallelism, restored?.MaxParallelism);
                restored?.RequireCovered(plan, _setup.Options.AllowDroppedState);
                var splits = plan.Vertices.Where(v => v.IsSource).ToDictionary(v => v.Id, v => RestoredSplits(restored, plan, v));
                CleanUp();
                return (started, restored, plan, splits, _writer.State);
            },
            (start, error) =>
            {
                if (_endState is not null)
                {
                    Ended();
                }
                else if (error is SupersededException)
                {
                    _failure = error;
                    _endState = JobState.Failed;
                    Ended();
                }
                else if (error is not null)
                {
                    FailAttempt(error);
                }
                else
                {
                    _splits = start.splits;
                    Deploy(start.started, start.restored, start.plan, start.State);
                }
            });
    }

    private static (List<AssignedSplit> Splits, bool NoMore) RestoredSplits(RestoredJob? restored, JobPlan plan, PlanVertex vertex)
    {
        bool noMore = false;
        return (restored?.ReadSplits(plan.UidOf(vertex.Nodes[0]), out noMore) ?? [], noMore);
    }

    private StartPoint FirstStart(JobLogState state) =>
        _setup.Options.FromSavepoint is { } path ? StartPoint.Savepoint(path)
        : _setup.Options.Resume ? state.RestorePoint
        : StartPoint.Nothing;

    private RestoredJob? Restore(StartPoint from, JobLogState state)
    {
        switch (from.Kind)
        {
            case StartPointKind.Checkpoint:
                CompletedCheckpoint completed = state.Find(from.CheckpointId)
                    ?? throw new StateRestoreException($"Checkpoint {from.CheckpointId} of job '{_setup.Name}' is not retained. Start from another one or from a savepoint.");
                return new RestoredJob(_setup.Store, CheckpointMetadataFile.Read(_setup.Store, completed.MetadataPath, completed.Digest));
            case StartPointKind.Savepoint:
                (ICheckpointStore store, string metadataPath) = _setup.OpenSavepoint(from.Path!);
                return new RestoredJob(store, CheckpointMetadataFile.Read(store, metadataPath, null));
            default:
                return null;
        }
    }

    private void CleanUp()
    {
        try
        {
            JobLogCleanup.CompactLog(_setup.Store, _setup.Name);
            JobLogCleanup.DeleteOrphans(_setup.Store, _setup.Name, _writer!.State);
        }
        catch (CheckpointStorageException e)
        {
            Host.Log(EngineLogLevel.Warning, $"{Name}: old files could not be deleted; the next attempt tries again: {e.Message}", e);
        }
    }

    private void Deploy(AttemptStarted started, RestoredJob? restored, JobPlan plan, JobLogState log)
    {
        _plan = plan;
        _restoredCheckpoint = restored?.CheckpointId ?? 0;
        _failure = null;
        _attempts++;
        Warn(plan);
        Host.Log(EngineLogLevel.Information, $"{Name}: attempt {started.Attempt} starts from {started.From}, {plan.Vertices.Sum(v => v.Parallelism)} subtasks");
        Deployment deployment = new(Host, _setup, plan, restored, log.Incarnation, started.Attempt, e => Post(() => OnEvent(e)));
        _deployment = deployment;
        _alive.Clear();
        _alive.UnionWith(deployment.Tasklets.Keys);
        _opening.Clear();
        _opening.UnionWith(_alive);
        _runningSources.Clear();
        _runningSources.UnionWith(_alive.Where(id => plan.Vertices[id.Vertex].IsSource));
        _committers = [.. _alive.Where(id => plan.Vertices[id.Vertex].Nodes.Any(n => n.Kind == "sink" && n.IsStateful))];
        SetState(JobState.Deploying);
        deployment.Begin(Host);
    }

    private void Warn(JobPlan plan)
    {
        StreamNode[] without = [.. plan.Nodes.Where(n => n.IsStateful && n.Uid is null)];
        if (!_warned && without.Length > 0 && _setup.Options.Checkpointing.Directory is not null)
        {
            _warned = true;
            Host.Log(
                EngineLogLevel.Warning,
                $"{Name}: {without.Length} stateful operators have no uid of their own, so a change of the job may separate them from their state. Give them WithUid: {string.Join(", ", without.Select(n => n.ToString()))}");
        }
    }

    private void OnEvent(SubtaskEvent e)
    {
        if (_deployment is null || e.Attempt != _writer!.Attempt)
        {
            return;
        }

        long now = Host.NowMs;
        switch (e)
        {
            case SubtaskRunning running:
                if (_opening.Remove(running.Subtask) && _opening.Count == 0 && _status.State == JobState.Deploying)
                {
                    AllRunning(now);
                }

                break;
            case SubtaskInputEnded ended:
                if (_runningSources.Remove(ended.Subtask) && _runningSources.Count == 0)
                {
                    _coordinator?.AllSourcesEnded(now);
                }

                break;
            case SubtaskAcknowledged acknowledged:
                NoteStall(acknowledged);
                _coordinator?.Acknowledge(now, acknowledged.CheckpointId, acknowledged.Snapshot, Describe(acknowledged));
                break;
            case SubtaskDeclined declined:
                _coordinator?.Decline(now, declined.CheckpointId, declined.Subtask, declined.Reason);
                break;
            case SubtaskCommitted committed:
                if (_committers.Contains(committed.Subtask))
                {
                    _coordinator?.Committed(now, committed.Subtask, committed.CheckpointId);
                }

                break;
            case SubtaskFailed failed:
                FailAttempt(failed.Error);
                break;
            case SubtaskStopped stopped:
                _alive.Remove(stopped.Subtask);
                if (_alive.Count == 0)
                {
                    AllStopped();
                }

                break;
            default:
                throw new InvariantViolatedException($"A subtask sent an event of the unknown type {e.GetType().Name}.");
        }
    }

    private void AllRunning(long now)
    {
        Deployment deployment = _deployment!;
        JobPlan plan = _plan!;
        SetState(JobState.Running);
        foreach (PlanVertex vertex in plan.Vertices.Where(v => v.IsSource))
        {
            SourceDirector source = new(
                this, vertex.Nodes[0], vertex, (subtask, splits, noMore) => deployment.Tasklets[new SubtaskId(vertex.Id, subtask)].AssignSplits(splits, noMore), FailAttempt);
            _sources.Add(source);
            (List<AssignedSplit> splits, bool noMore) = _splits[vertex.Id];
            source.Begin(splits, noMore);
        }

        CoordinatorStart start = CoordinatorStart.Of(_setup.Name, _writer!.State, plan.Hash, [.. deployment.Tasklets.Keys], _committers);
        // A savepoint of another job or directory may have a higher id than this log; the epochs that it holds come before ours.
        start = start with { NextCheckpointId = Math.Max(start.NextCheckpointId, _restoredCheckpoint + 1) };
        _coordinator = new CheckpointCoordinator(Policy(), start, now);
    }

    private CheckpointPolicy Policy()
    {
        CheckpointOptions options = _setup.Options.Checkpointing;
        return new CheckpointPolicy
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
    }

    private List<OperatorMetadata> Describe(SubtaskAcknowledged acknowledged)
    {
        PlanVertex vertex = _plan!.Vertices[acknowledged.Subtask.Vertex];
        List<OperatorMetadata> operators = [];
        foreach (StreamNode node in vertex.Nodes)
        {
            if (acknowledged.States.TryGetValue(_plan.UidOf(node), out IReadOnlyList<StateDescription>? states))
            {
                operators.Add(new OperatorMetadata(_plan.UidOf(node), node.Name, vertex.Parallelism, _plan.MaxParallelism, states));
            }
        }

        return operators;
    }

    private void NoteStall(SubtaskAcknowledged acknowledged) =>
        _status = _status with
        {
            LongestStallNs = Math.Max(_status.LongestStallNs, acknowledged.StallNs),
            LongestStallWallNs = Math.Max(_status.LongestStallWallNs, acknowledged.StallWallNs),
        };

    /// <summary>Does what the coordinator has decided.</summary>
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
        switch (decision)
        {
            case TriggerBarrier trigger:
                CheckpointBarrier barrier = new(trigger.CheckpointId, trigger.Folder, trigger.Stop, trigger.Drain, trigger.Unaligned, trigger.AlignedTimeoutMs);
                foreach ((SubtaskId id, Tasklet tasklet) in _deployment!.Tasklets)
                {
                    if (_plan!.Vertices[id.Vertex].IsSource)
                    {
                        tasklet.Trigger(barrier);
                    }
                }

                break;
            case StoreMetadata store:
                InBackground(
                    () => CheckpointMetadataFile.Write(_setup.Store, store.Folder, store.Metadata),
                    (stored, error) =>
                    {
                        long id = store.Metadata.CheckpointId;
                        if (error is null)
                        {
                            coordinator.MetadataStored(Host.NowMs, id, stored!);
                        }
                        else
                        {
                            coordinator.MetadataFailed(Host.NowMs, id, error.Message);
                        }
                    });
                break;
            case AppendCompletion append:
                Append(
                    append.Entry, () => coordinator.CompletionLogged(Host.NowMs, append.Entry.CheckpointId),
                    error => coordinator.CompletionFailed(Host.NowMs, append.Entry.CheckpointId, error.Message));
                break;
            case ReserveIds reserve:
                Append(reserve.Entry, () => coordinator.IdsReserved(Host.NowMs, reserve.Entry.ReservedThrough), _ => coordinator.ReservationFailed(Host.NowMs));
                break;
            case NotifyCompleted completed:
                _status = _status with { LastCheckpoint = completed.CheckpointId, LastCheckpointAtMs = Host.NowMs };
                foreach (Tasklet tasklet in _deployment!.Tasklets.Values)
                {
                    tasklet.Complete(completed.CheckpointId);
                }

                break;
            case Abort abort:
                Host.Log(EngineLogLevel.Warning, $"{Name}: checkpoint {abort.CheckpointId} was given up: {abort.Reason}");
                foreach (Tasklet tasklet in _deployment!.Tasklets.Values)
                {
                    tasklet.Abort(abort.CheckpointId);
                }

                break;
            case Discard discard:
                Drop(discard);
                break;
            case RequestCompleted completed:
                Answer(completed.Request, completed.MetadataPath, null);
                break;
            case RequestFailed failed:
                Answer(failed.Request, null, new CheckpointStorageException($"{Name}: {failed.Reason}"));
                break;
            case MessageIgnored ignored:
                Host.Log(EngineLogLevel.Debug, $"{Name}: ignored a message about checkpoint {ignored.CheckpointId} from {ignored.Subtask}: {ignored.Reason}");
                break;
            case FailJob fail:
                FailAttempt(new CheckpointStorageException($"{Name}: {fail.Reason}"));
                break;
            case JobDone done:
                EndWith(done.State == JobEndState.Stopped ? JobState.Stopped : JobState.Finished, null);
                break;
            default:
                throw new InvariantViolatedException($"The coordinator decided something unknown: {decision.GetType().Name}.");
        }
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
                    EndWith(JobState.Failed, error);
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
            InBackground(
                () =>
                {
                    _setup.Store.DeleteFolder(CheckpointLayout.CheckpointFolder(_setup.Name, discard.CheckpointId));
                    return true;
                },
                (_, error) =>
                {
                    WarnOfLeftovers(discard, error);
                    if (--_deletions == 0 && _finishAs is { } state)
                    {
                        Finish(state);
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
            Host.Log(EngineLogLevel.Warning, $"{Name}: the files of checkpoint {discard.CheckpointId} could not be deleted; the next attempt tries again: {error.Message}", error);
        }
    }

    private void Ask(Exception? error, Action<string?, Exception?> done, Action<CheckpointCoordinator, long, long> ask)
    {
        if (error is not null)
        {
            done(null, error);
        }
        else if (_coordinator is null)
        {
            done(null, new CheckpointStorageException($"{Name} is {_status.State}, so it cannot take a checkpoint. {(HasEnded ? "Start it again" : "Try again when it runs")}."));
        }
        else
        {
            long request = ++_nextRequest;
            _requests.Add(request, done);
            ask(_coordinator, Host.NowMs, request);
        }
    }

    private void Answer(long request, string? path, Exception? error)
    {
        if (_requests.Remove(request, out Action<string?, Exception?>? done))
        {
            done(path, error);
        }
    }

    /// <summary>The attempt has failed: stop what runs, then restart or give up.</summary>
    private void FailAttempt(Exception error)
    {
        if (_failure is not null || _endState is not null)
        {
            return;
        }

        _failure = error;
        if (error is SupersededException)
        {
            EndWith(JobState.Failed, error);
            return;
        }

        Host.Log(EngineLogLevel.Error, $"{Name}: attempt {_writer?.Attempt ?? 0} failed: {error.Message}", error);
        StopAttempt();
    }

    /// <summary>Ends the job: stop what runs, then say so in the log.</summary>
    private void EndWith(JobState state, Exception? error)
    {
        if (_endState is not null)
        {
            return;
        }

        _endState = state;
        _failure = error ?? _failure;
        _restartAtMs = long.MaxValue;
        if (_status.State == JobState.Starting)
        {
            // The claim is under way; its end finds the state.
            return;
        }

        StopAttempt();
    }

    private void StopAttempt()
    {
        SetState(JobState.Stopping);
        if (_coordinator is { } coordinator)
        {
            coordinator.AttemptStopped();
            CarryOut();
            _coordinator = null;
        }

        foreach (SourceDirector source in _sources)
        {
            source.Close();
        }

        _sources.Clear();
        foreach (Action<string?, Exception?> done in _requests.Values)
        {
            done(null, _failure ?? new CheckpointStorageException($"{Name} has ended."));
        }

        _requests.Clear();
        if (_alive.Count == 0)
        {
            AllStopped();
            return;
        }

        foreach (Tasklet tasklet in _deployment!.Tasklets.Values)
        {
            tasklet.Cancel();
        }
    }

    private void AllStopped()
    {
        if (_status.State != JobState.Stopping)
        {
            return;
        }

        if (_endState is not null)
        {
            Ended();
            return;
        }

        Exception failure = _failure ?? new InvariantViolatedException("All subtasks stopped without a reason.");
        long? delay = failure is StreamException { CanRetry: false } ? null : _restarts.OnFailure(Host.NowMs, Host.NextRandom());
        if (delay is null)
        {
            _endState = JobState.Failed;
            Ended();
            return;
        }

        Host.Log(EngineLogLevel.Information, $"{Name}: restarts in {delay} ms ({_restarts})");
        _restartAtMs = Host.NowMs + delay.Value;
        _failure = null;
        SetState(JobState.Waiting);
    }

    private void Ended()
    {
        JobState state = _endState!.Value;
        if (_failure is SupersededException || _writer is null or { Attempt: 0 })
        {
            Finish(state);
            return;
        }

        JobEndState end = state switch
        {
            JobState.Finished => JobEndState.Finished,
            JobState.Stopped => JobEndState.Stopped,
            JobState.Cancelled => JobEndState.Cancelled,
            _ => JobEndState.Failed,
        };
        _log.Add(
            () =>
            {
                if (end == JobEndState.Cancelled && _setup.Options.Checkpointing.Retention == CheckpointRetention.DeleteOnCancel)
                {
                    DeleteCheckpoints();
                }

                _writer.Append(new JobFinished(_writer.Attempt, end));
                return true;
            },
            (_, error) =>
            {
                if (error is not null)
                {
                    Host.Log(EngineLogLevel.Warning, $"{Name}: its end could not be noted in the log: {error.Message}", error);
                    // Who took over is the reason, whatever that broke first here.
                    _failure = error is SupersededException ? error : _failure;
                }

                Finish(state);
            });
    }

    // The next attempt starts from nothing then, so that no entry may point at what is deleted.
    private void DeleteCheckpoints()
    {
        foreach (CompletedCheckpoint checkpoint in _writer!.State.Retained)
        {
            if (_writer.State.RestorePoint.CheckpointId != checkpoint.CheckpointId)
            {
                _writer.Append(new CheckpointDropped(_writer.Attempt, checkpoint.CheckpointId));
                _setup.Store.DeleteFolder(CheckpointLayout.CheckpointFolder(_setup.Name, checkpoint.CheckpointId));
            }
        }
    }

    private void Finish(JobState state)
    {
        // Whoever waits for the end may delete the folder, or end the process.
        _finishAs = state;
        if (_deletions > 0)
        {
            return;
        }

        SetState(state);
        _ended(new JobOutcome(state, state == JobState.Failed ? _failure : null, _status.LastCheckpoint, Math.Max(0, _attempts - 1)));
    }

    private void SetState(JobState state) =>
        _status = _status with { State = state, Attempt = _writer?.Attempt ?? 0, Error = _failure };
}
