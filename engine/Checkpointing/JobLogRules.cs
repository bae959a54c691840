namespace OrleansStream.Engine.Checkpointing;

/// <summary>The decisions about the job log, without effects: facts in, decision out.</summary>
public static class JobLogRules
{
    /// <summary>Each entry whose number is a multiple of this carries the whole state. Part of the format.</summary>
    public const int EntriesPerState = 1000;

    /// <summary>Whether the entry of a number carries the whole state.</summary>
    /// <param name="sequence">The entry's number.</param>
    public static bool CarriesState(long sequence) => sequence % EntriesPerState == 0;

    /// <summary>The entry with which a new attempt takes over.</summary>
    /// <param name="state">The log so far.</param>
    /// <param name="from">What to start from.</param>
    /// <param name="owner">Who it is, for people.</param>
    /// <param name="claim">128 random bits of the host, in hex.</param>
    /// <param name="submission">The submission that the job was started by; null for none.</param>
    /// <exception cref="StateRestoreException">The checkpoint to start from is not there (any more).</exception>
    public static AttemptStarted NextAttempt(JobLogState state, StartPoint from, string owner, string claim, string? submission = null)
    {
        ArgumentNullException.ThrowIfNull(state);
        ArgumentNullException.ThrowIfNull(from);
        if (from.Kind == StartPointKind.Checkpoint && state.Find(from.CheckpointId) is null)
        {
            var there = state.Retained.Count == 0 ? "none" : string.Join(", ", state.Retained.Select(c => c.CheckpointId));
            throw new StateRestoreException(
                $"Checkpoint {from.CheckpointId} is not in the job log: it never completed, or was dropped. Completed checkpoints: {there}.");
        }

        return new AttemptStarted(state.Attempt + 1, from, owner, claim, state.ReservedThrough + JobLogState.IdsAhead, submission);
    }

    /// <summary>What to tell a process that another one took over from; null while its attempt is the current one.</summary>
    /// <param name="job">The job's name.</param>
    /// <param name="state">The log as it is now.</param>
    /// <param name="attempt">The process' attempt.</param>
    /// <param name="owner">The process, as it named itself.</param>
    public static string? Superseded(string job, JobLogState state, int attempt, string owner)
    {
        ArgumentNullException.ThrowIfNull(state);
        return state.Attempt <= attempt
            ? null
            : $"Job '{job}' was taken over by {state.Owner} with attempt {state.Attempt}. This process ({owner}, attempt {attempt}) stops and "
              + "commits nothing more. To run two jobs side by side give one another --job-name.";
    }

    /// <summary>
    /// Whether an entry need not be appended (again), since the log already says what it says. So an append whose answer was lost can be
    /// repeated at any time.
    /// </summary>
    /// <param name="state">The log as it is now.</param>
    /// <param name="entry">The entry.</param>
    public static bool IsSaid(JobLogState state, JobLogEntry entry)
    {
        ArgumentNullException.ThrowIfNull(state);
        return entry switch
        {
            CheckpointCompleted c => c.Commits && state.LastCommitting == c.CheckpointId,
            CheckpointDropped d => d.CheckpointId <= state.LastCommitting && state.Find(d.CheckpointId) is null,
            CheckpointIdsReserved r => r.ReservedThrough <= state.ReservedThrough,
            JobFinished f => f.State == state.End,
            _ => false,
        };
    }

    /// <summary>
    /// Whether an entry that was just put is void: an entry above it carries the whole state, so the place was free only because the
    /// entry that had been there was compacted away.
    /// </summary>
    /// <param name="sequence">The number at which it was put.</param>
    /// <param name="listing">The log's files, listed after the put.</param>
    public static bool IsVoid(long sequence, IReadOnlyList<string> listing) => NewestState(listing) > sequence;

    /// <summary>The newest entry that carries the whole state; 0 if there is none.</summary>
    /// <param name="listing">The log's files.</param>
    public static long NewestState(IReadOnlyList<string> listing)
    {
        ArgumentNullException.ThrowIfNull(listing);
        long newest = 0;
        foreach (var path in listing)
        {
            if (CheckpointLayout.SequenceOf(path) is { } sequence && CarriesState(sequence))
            {
                newest = Math.Max(newest, sequence);
            }
        }

        return newest;
    }

    /// <summary>
    /// The log's files that may go, lowest first: all below the newest state but one. One generation is kept so that a reader that just
    /// listed the log finds what it listed.
    /// </summary>
    /// <param name="listing">The log's files.</param>
    public static IReadOnlyList<string> Compactable(IReadOnlyList<string> listing)
    {
        var keepFrom = NewestState(listing) - EntriesPerState;
        return [.. listing.Where(path => CheckpointLayout.SequenceOf(path) < keepFrom).Order(StringComparer.Ordinal)];
    }

    /// <summary>
    /// The checkpoints in the job's folder that nobody needs: neither retained nor possibly being written, since all their files are of
    /// attempts before the current one. What aborted checkpoints and failed deletions left.
    /// </summary>
    /// <param name="job">The job's name.</param>
    /// <param name="state">The log, read by the current attempt.</param>
    /// <param name="listing">The files in the job's folder.</param>
    public static IReadOnlyList<long> Orphans(string job, JobLogState state, IReadOnlyList<string> listing)
    {
        ArgumentNullException.ThrowIfNull(state);
        ArgumentNullException.ThrowIfNull(listing);
        var orphans = new SortedSet<long>();
        var kept = new SortedSet<long>(state.Retained.Select(c => c.CheckpointId));
        foreach (var path in listing)
        {
            if (CheckpointLayout.CheckpointOf(job, path) is not var (id, attempt))
            {
                continue;
            }

            if (attempt >= state.Attempt)
            {
                kept.Add(id);
            }
            else
            {
                orphans.Add(id);
            }
        }

        return [.. orphans.Where(id => !kept.Contains(id))];
    }
}
