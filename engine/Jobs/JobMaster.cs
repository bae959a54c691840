using OrleansStream.Checkpointing;
using OrleansStream.Engine.Checkpointing;
using OrleansStream.Engine.Nodes;
using OrleansStream.Engine.Planning;
using OrleansStream.Engine.Sources;
using OrleansStream.Engine.Tasklets;

namespace OrleansStream.Engine.Jobs;

/// <summary>
/// The master of one job: claims an attempt in the log, deploys the subtasks to task hosts, drives checkpoints, watches the nodes, restarts after failures. A state machine that its host drives; requests and
/// messages come by mail, and everything that blocks runs in the background. Several masters of a job may exist at once: the log decides, and all but the newest stop.
/// </summary>
public sealed class JobMaster : Runnable
{
    private const long NodeSearchMs = 1000;
    private const int EndTries = 4;

    private readonly JobSetup _setup;
    private readonly MasterPlace _place;
    private readonly Action<JobOutcome> _ended;
    private readonly RestartPolicy _restarts;
    private readonly SerialWork _log;
    private readonly CheckpointDriver _checkpoints;
    private readonly List<SourceDirector> _sources = [];
    private JobLogWriter? _writer;
    private ClaimedAttempt? _waiting;
    private volatile AttemptRun? _run;
    private volatile JobStatusPart _status = new(JobState.Starting, 0, null, null, 0);
    private Exception? _failure;
    private JobState? _endState;
    private JobState? _finishAs;
    private long _restartAtMs = long.MaxValue;
    private int _attempts;
    private int _endTries;

    /// <summary>Creates the master; <see cref="IEngineHost.Start"/> and <see cref="Begin"/> get it going.</summary>
    /// <param name="host">The host.</param>
    /// <param name="setup">The job.</param>
    /// <param name="place">Where it stands and what it can deploy to.</param>
    /// <param name="ended">Called once, on the master's thread, when the job has ended.</param>
    public JobMaster(IEngineHost host, JobSetup setup, MasterPlace place, Action<JobOutcome> ended) : base(host, $"job '{setup?.Name}'")
    {
        ArgumentNullException.ThrowIfNull(setup);
        ArgumentNullException.ThrowIfNull(place);
        _setup = setup;
        _place = place;
        _ended = ended;
        _restarts = new RestartPolicy(setup.Options.Restart, setup.Options.Checkpointing.Interval is not null);
        _log = new SerialWork(this);
        _checkpoints = new CheckpointDriver(this, setup, _log);
    }

    internal JobState State => _status.State;

    internal bool HasEnded => _status.State is JobState.Finished or JobState.Stopped or JobState.Cancelled or JobState.Failed;

    /// <summary>What the job is doing. Any thread.</summary>
    public JobStatus Status => JobStatus.Of(_setup, _status, _run?.Plan, _place.LocalMetrics?.Invoke() is { Count: > 0 } local ? local : _run?.Metrics ?? []);

    /// <summary>Which node runs what; null before the first deployment. Any thread.</summary>
    public JobPlaces? Places => _run is { } run ? JobPlaces.Of(run.Attempt, run.Plan, run.Places) : null;

    /// <summary>Starts the job. Any thread, once.</summary>
    public void Begin() => Post(StartAttempt);

    /// <summary>A message of a task host has come. Any thread.</summary>
    /// <param name="message">The message.</param>
    public void Receive(NodeMessage message)
    {
        ArgumentNullException.ThrowIfNull(message);
        Post(() => Take(message));
    }

    /// <summary>A node is gone, by the host's membership; silence is noticed without it. Any thread.</summary>
    /// <param name="node">The node.</param>
    public void NodeGone(string node) => Post(() => OnLost(_run?.OnNodeGone(node)));

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
        (_, error) => _checkpoints.Ask(error, done, (coordinator, now, request) => coordinator.RequestSavepoint(now, request, folder, stop, drain))));

    /// <summary>Ends the job with a final checkpoint, which stays. Any thread.</summary>
    /// <param name="drain">Whether the final watermark is sent first.</param>
    /// <param name="done">Gets the path of the checkpoint's metadata, or an error; on the master's thread.</param>
    public void Stop(bool drain, Action<string?, Exception?> done) =>
        Post(() => _checkpoints.Ask(null, done, (coordinator, now, request) => coordinator.RequestStop(now, request, drain)));

    /// <summary>Takes a checkpoint now. Any thread.</summary>
    /// <param name="done">Gets the path of the checkpoint's metadata, or an error; on the master's thread.</param>
    public void Checkpoint(Action<string?, Exception?> done) =>
        Post(() => _checkpoints.Ask(null, done, (coordinator, now, request) => coordinator.RequestCheckpoint(now, request)));

    /// <inheritdoc/>
    public override string Describe() =>
        $"State {_status.State}, attempt {_status.Attempt}, {_run?.AliveCount} subtasks alive, {_run?.OpeningCount} opening, {_run?.RunningSourceCount} sources running, "
        + $"checkpoints pending: {_checkpoints.Describe()}, completed: {_status.LastCheckpoint}{(_waiting is null ? "" : ", waits for a node")}";

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
                if (_endState is null)
                {
                    StartAttempt();
                }
                else
                {
                    Ended();
                }
            }

            LookForNodes();
            OnLost(_run?.Tick());
            _checkpoints.Run(now);
            long next = Math.Min(Math.Min(_restartAtMs, _checkpoints.NextWakeMs), HasEnded ? long.MaxValue : _run?.NextTickMs ?? long.MaxValue);
            next = _waiting is null ? next : Math.Min(next, now + NodeSearchMs);
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
                return ClaimedAttempt.Claim(Host, _setup, _writer);
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
                else if (error is JobHasEndedException over)
                {
                    _failure = over.End == JobEndState.Failed ? new EarlierFailureException(over.Failure ?? "The job log does not say why.") : null;
                    Finish(JobEnding.StateOf(over.End));
                }
                else if (error is not null)
                {
                    FailAttempt(error);
                }
                else
                {
                    _waiting = start;
                    LookForNodes();
                }
            });
    }

    private void LookForNodes()
    {
        if (_waiting is not { } claimed)
        {
            return;
        }

        if (_endState is not null)
        {
            _waiting = null;
            Ended();
        }
        else if (_place.FindNodes() is { Count: > 0 } nodes)
        {
            _waiting = null;
            Deploy(claimed, nodes);
        }
    }

    private void Deploy(ClaimedAttempt claimed, IReadOnlyList<NodeSlots> nodes)
    {
        _failure = null;
        _attempts++;
        foreach (string warning in _attempts == 1 ? claimed.Warnings(_setup, _restarts.Kind) : [])
        {
            Host.Log(EngineLogLevel.Warning, $"{Name}: {warning}");
        }

        Host.Log(
            EngineLogLevel.Information,
            $"{Name}: attempt {claimed.Started.Attempt} starts from {claimed.Started.From}, {claimed.Plan.Vertices.Sum(v => v.Parallelism)} subtasks");
        _run = new AttemptRun(this, _setup, _place, claimed, nodes);
        SetState(JobState.Deploying);
        _run.Deploy();
    }

    private void Take(NodeMessage message)
    {
        AttemptRun? run = _run?.Attempt == message.Attempt && !HasEnded ? _run : null;
        switch (message)
        {
            case MasterPacket when run is null:
                _place.Transport.Send(message.From, new MasterRefusal(message.Job, message.Attempt, _place.Transport.Node, RefusalReason.NotMine, _status.Attempt));
                break;
            case MasterPacket packet:
                OnLost(run.OnLife(packet));
                foreach (ControlMessage fact in run.Receive(packet))
                {
                    OnEvent(run, (SubtaskEvent)fact);
                }

                break;
            case HostRefusal { Reason: RefusalReason.StaleAttempt } refusal when run is not null:
                EndWith(JobState.Failed, new SupersededException(
                    $"Job '{_setup.Name}' was taken over by another master: node '{refusal.From}' runs attempt {refusal.CurrentAttempt}, this is attempt {run.Attempt}."));
                // Its subtasks of this attempt end there by themselves.
                OnLost(run.OnNodeGone(refusal.From));
                break;
            case HostRefusal refusal:
                OnLost(run?.OnNotDeployed(refusal.From));
                break;
            default:
                throw new InvariantViolatedException($"{Name} got a message of the type {message.GetType().Name}, which is not for a job master.");
        }
    }

    private void OnLost(NodeLostException? error)
    {
        if (error is null)
        {
            return;
        }

        FailAttempt(error);
        AllStopped();
    }

    private void OnEvent(AttemptRun run, SubtaskEvent e)
    {
        long now = Host.NowMs;
        switch (e)
        {
            case SubtaskRunning running:
                if (run.OnRunning(running.Subtask) && _status.State == JobState.Deploying)
                {
                    AllRunning(run);
                }

                break;
            case SubtaskInputEnded ended:
                if (run.OnInputEnded(ended.Subtask))
                {
                    _checkpoints.AllSourcesEnded(now);
                }

                break;
            case SubtaskAcknowledged acknowledged:
                _status = _status.WithStall(acknowledged.StallNs, acknowledged.StallWallNs);
                _checkpoints.Acknowledge(now, acknowledged);
                break;
            case SubtaskDeclined declined:
                _checkpoints.Decline(now, declined);
                break;
            case SubtaskCommitted committed:
                _checkpoints.Committed(now, committed);
                break;
            case SubtaskFailed failed:
                FailAttempt(failed.Failure.ToException());
                break;
            case SubtaskStopped stopped:
                run.OnStopped(stopped.Subtask);
                AllStopped();
                break;
            default:
                throw new InvariantViolatedException($"A subtask sent an event of the unknown type {e.GetType().Name}.");
        }
    }

    private void AllRunning(AttemptRun run)
    {
        foreach (PlanVertex vertex in run.Plan.Vertices.Where(v => v.IsSource))
        {
            void Assign(int index, IReadOnlyList<AssignedSplit> splits, bool noMore)
            {
                SubtaskId subtask = new(vertex.Id, index);
                run.Send(subtask, new AssignSplits(_setup.Name, run.Attempt, subtask, splits, noMore));
            }

            SourceDirector source = new(this, vertex.Nodes[0], vertex, Assign, () => StartCheckpoints(run), FailAttempt);
            _sources.Add(source);
            (List<AssignedSplit> splits, bool noMore) = run.Claimed.Splits[vertex.Id];
            source.Begin(splits, noMore);
        }

        StartCheckpoints(run);
    }

    // Once all sources have their splits.
    private void StartCheckpoints(AttemptRun run)
    {
        if (_status.State == JobState.Deploying && _sources.TrueForAll(s => s.IsAssigned))
        {
            SetState(JobState.Running);
            _checkpoints.Start(run, _writer!);
        }
    }

    internal void NoteCompleted(long checkpointId) => _status = _status with { LastCheckpoint = checkpointId, LastCheckpointAtMs = Host.NowMs };

    /// <summary>The last file that was to be deleted is.</summary>
    internal void DeletionsDone()
    {
        if (_finishAs is { } state)
        {
            Finish(state);
        }
    }

    /// <summary>The attempt has failed: stop what runs, then restart or give up.</summary>
    internal void FailAttempt(Exception error)
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
    internal void EndWith(JobState state, Exception? error)
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
        _checkpoints.Stop(_writer?.Attempt ?? 0, _failure);
        foreach (SourceDirector source in _sources)
        {
            source.Close();
        }

        _sources.Clear();
        if (_run is not { AliveCount: > 0 } run)
        {
            AllStopped();
            return;
        }

        run.SendToAll(new CancelSubtasks(_setup.Name, run.Attempt));
    }

    private void AllStopped()
    {
        if (_status.State != JobState.Stopping || _run is { AliveCount: > 0 })
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

        Exception? failure = _failure;
        _log.Add(
            () =>
            {
                JobEnding.Write(Host, _setup, _writer, state, failure);
                return true;
            },
            (_, error) =>
            {
                if (error is CheckpointStorageException && (_setup.TakesOver || ++_endTries < EndTries))
                {
                    // A master that takes over must find the end, or it would run the job again. Where none does, a dead store must not keep the process.
                    _restartAtMs = Host.NowMs + CheckpointCoordinator.AppendRetryMs;
                    return;
                }

                if (error is not null)
                {
                    Host.Log(EngineLogLevel.Warning, $"{Name}: its end could not be noted in the log: {error.Message}", error);
                }

                if (error is SupersededException)
                {
                    // The job goes on elsewhere, so it has not ended, whatever was reached here.
                    _failure = error;
                    state = JobState.Failed;
                }

                Finish(state);
            });
    }

    private void Finish(JobState state)
    {
        // Whoever waits for the end may delete the folder, or end the process.
        _finishAs = state;
        if (_checkpoints.IsDeleting)
        {
            return;
        }

        SetState(state);
        _ended(new JobOutcome(state, state == JobState.Failed ? _failure : null, _status.LastCheckpoint, Math.Max(0, _attempts - 1)));
    }

    private void SetState(JobState state) =>
        _status = _status with { State = state, Attempt = _writer?.Attempt ?? 0, Error = _failure };
}
