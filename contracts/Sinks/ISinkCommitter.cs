namespace OrleansStream;

/// <summary>The second phase of a sink. Calls come on the host's I/O pool, one at a time, and may block.</summary>
public interface ISinkCommitter : IDisposable
{
    /// <summary>
    /// Called once at the start of an attempt, before <see cref="AbortUnprepared"/>, for each epoch that the checkpoint holds and that this subtask has to commit, in the order of checkpoints: what
    /// <see cref="Commit"/> will be called with. All that one subtask prepared goes to one owner, at any parallelism: its own number modulo the parallelism.
    /// </summary>
    /// <param name="checkpointId">The checkpoint that ended the epoch.</param>
    /// <param name="committables">What <see cref="ISinkWriter{T}.EndEpoch"/> returned.</param>
    void Restore(long checkpointId, IReadOnlyList<byte[]> committables)
    {
    }

    /// <summary>
    /// Called once at the start of an attempt, before any <see cref="Commit"/>: aborts and removes what earlier attempts wrote but no checkpoint up to <see cref="SinkContext.RestoredCheckpoint"/>
    /// holds. Called for every subtask; must bear being called by several at a time.
    /// </summary>
    void AbortUnprepared()
    {
    }

    /// <summary>
    /// Makes an epoch visible. Epochs come in the order of their checkpoints. It must be idempotent: it is repeated until it returns, also after a restore, and by another subtask
    /// after a change of parallelism; so committables carry all that is needed. An exception that can be
    /// retried makes the call be repeated with backoff, another one ends the job; a <see cref="FencedException"/> fails the attempt, so that the next one finds out who owns the output.
    /// </summary>
    /// <param name="checkpointId">The checkpoint.</param>
    /// <param name="committables">What <see cref="ISinkWriter{T}.EndEpoch"/> returned.</param>
    void Commit(long checkpointId, IReadOnlyList<byte[]> committables);
}
