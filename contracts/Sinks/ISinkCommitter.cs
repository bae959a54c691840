namespace OrleansStream;

/// <summary>The second phase of a sink. Calls come on the host's I/O pool, one at a time, and may block.</summary>
public interface ISinkCommitter : IDisposable
{
    /// <summary>
    /// Called once at the start of an attempt, before any <see cref="Commit"/>: aborts and removes what earlier attempts wrote but no checkpoint up to <see cref="SinkContext.RestoredCheckpoint"/>
    /// holds. Called for every subtask; must bear being called by several at a time.
    /// </summary>
    void AbortUnprepared()
    {
    }

    /// <summary>
    /// Makes an epoch visible. Epochs come in the order of their checkpoints. It must be idempotent: it is repeated until it returns, also after a restore, and by another subtask
    /// after a change of parallelism; so committables carry all that is needed.
    /// </summary>
    /// <param name="checkpointId">The checkpoint.</param>
    /// <param name="committables">What <see cref="ISinkWriter{T}.EndEpoch"/> returned.</param>
    void Commit(long checkpointId, IReadOnlyList<byte[]> committables);
}
