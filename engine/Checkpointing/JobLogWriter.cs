using OrleansStream.Checkpointing;

namespace OrleansStream.Engine.Checkpointing;

/// <summary>
/// One process' hand on a job log. Every method but the properties blocks on the store: for work items in the host's I/O pool. It is not
/// for two threads at once: the host runs the work items of one writer one after the other.
/// </summary>
/// <remarks>
/// When a method throws <see cref="CheckpointStorageException"/>, the entry may be in the log or not. Calling it again with an equal
/// entry is right in both cases: an entry of one's own that is already there counts as appended. (A savepoint that commits nothing may
/// then stand in the log twice, which changes nothing.)
/// </remarks>
public sealed class JobLogWriter
{
    private readonly ICheckpointStore _store;
    private string _owner = "";
    private JobLogEntry? _unsure; // the entry of the last put, if it threw

    private JobLogWriter(ICheckpointStore store, string job, JobLogState state)
    {
        _store = store;
        Job = job;
        State = state;
    }

    /// <summary>The job's name.</summary>
    public string Job { get; }

    /// <summary>The log as it was last read.</summary>
    public JobLogState State { get; private set; }

    /// <summary>The attempt that this process claimed; 0 before <see cref="StartAttempt"/>.</summary>
    public int Attempt { get; private set; }

    /// <summary>Reads the log of a job; an unknown job has an empty one.</summary>
    /// <param name="store">The store.</param>
    /// <param name="job">The job's name.</param>
    /// <exception cref="CheckpointStorageException">An entry is torn, foreign or missing.</exception>
    public static JobLogWriter Open(ICheckpointStore store, string job)
    {
        ArgumentNullException.ThrowIfNull(store);
        return new JobLogWriter(store, job, JobLogFiles.ReadAll(store, job));
    }

    /// <summary>Reads what was appended since.</summary>
    /// <exception cref="SupersededException">A newer attempt than this process' own is there.</exception>
    public JobLogState Refresh()
    {
        // A gap below a newer state looks like the end of the log, so the newest state is looked for first.
        State = JobLogFiles.ReadAll(_store, Job);
        RequireCurrent();
        return State;
    }

    /// <summary>
    /// Claims the next attempt, before anything is deployed. Losing the race to another process that starts is no failure: the later
    /// attempt is the current one. A process that had an attempt already, and restarts it, is superseded by any newer one as with an append.
    /// </summary>
    /// <param name="from">Chooses what to start from by the log as it is at that moment; called again after a lost race.</param>
    /// <param name="owner">Who this is, for the people who read it in another process' error: host, process id, node.</param>
    /// <param name="claim">128 random bits of the host in hex, new for each attempt.</param>
    /// <param name="submission">The submission that the job was started by; null for none.</param>
    /// <returns>The entry that is now the newest attempt.</returns>
    /// <exception cref="SupersededException">Another process took over from the attempt that this process had.</exception>
    public AttemptStarted StartAttempt(Func<JobLogState, StartPoint> from, string owner, string claim, string? submission = null)
    {
        ArgumentNullException.ThrowIfNull(from);
        ArgumentException.ThrowIfNullOrWhiteSpace(owner);
        ArgumentException.ThrowIfNullOrWhiteSpace(claim);
        // The answer to an earlier try was lost: the same entry again, which counts as ours if it is there.
        claim = (_unsure as AttemptStarted)?.Claim ?? claim;
        while (true)
        {
            RequireCurrent();
            var entry = JobLogRules.NextAttempt(State, from(State), owner, claim, submission);
            if (TryPut(entry))
            {
                Attempt = entry.Attempt;
                _owner = owner;
                return entry;
            }

            // Also the way out of a void entry: what is in the log now is read from its newest state.
            State = JobLogFiles.ReadAll(_store, Job);
        }
    }

    /// <summary>Appends an entry of the attempt that this process claimed.</summary>
    /// <param name="entry">The entry.</param>
    /// <exception cref="SupersededException">Another process took over; the message says who. Nothing was appended.</exception>
    public void Append(JobLogEntry entry)
    {
        ArgumentNullException.ThrowIfNull(entry);
        ProtocolInvariant.Require(
            1, entry is not AttemptStarted && Attempt > 0 && entry.Attempt == Attempt, $"a process with attempt {Attempt} appends {entry}");
        if (_unsure is not null && !_unsure.Equals(entry))
        {
            State = JobLogFiles.ReadAll(_store, Job);
            _unsure = null;
        }

        while (true)
        {
            RequireCurrent();
            if (JobLogRules.IsSaid(State, entry) || TryPut(entry))
            {
                return;
            }

            State = JobLogFiles.ReadAll(_store, Job);
        }
    }

    // True: the entry is in the log and in the state. False: the place was taken, or the entry is void.
    private bool TryPut(JobLogEntry entry)
    {
        var sequence = State.Sequence + 1;
        var path = CheckpointLayout.LogEntry(Job, sequence);
        var content = JobLogFiles.Content(Job, State, entry);
        _unsure = entry;
        var isThere = (_store.PutIfAbsent(path, content) || IsOwn(sequence, content))
            && !JobLogRules.IsVoid(sequence, _store.List(CheckpointLayout.LogFolder(Job)));
        _unsure = null;
        if (isThere)
        {
            State = State.Apply(entry);
        }

        return isThere;
    }

    private bool IsOwn(long sequence, byte[] content)
    {
        try
        {
            return _store.Read(CheckpointLayout.LogEntry(Job, sequence)).AsSpan().SequenceEqual(content);
        }
        catch (CheckpointStorageException) when (!_store.Exists(CheckpointLayout.LogEntry(Job, sequence)))
        {
            return false; // compacted in between, so it was another's
        }
    }

    private void RequireCurrent()
    {
        if (Attempt > 0 && JobLogRules.Superseded(Job, State, Attempt, _owner) is { } message)
        {
            throw new SupersededException(message);
        }
    }
}
