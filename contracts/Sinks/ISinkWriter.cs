namespace OrleansStream;

/// <summary>Writes the records of one subtask. Calls come on the subtask's thread, one at a time.</summary>
/// <typeparam name="T">The type of the records.</typeparam>
public interface ISinkWriter<T> : IDisposable
{
    /// <summary>Takes records; must not block. If it takes a part it is asked again at once; if it takes nothing it is asked again after <see cref="SinkContext.Wake"/>, and holds back the dataflow until then.</summary>
    /// <param name="values">The records; the span is valid during the call only.</param>
    /// <param name="timestamps">Their timestamps, <see cref="Batch{T}.NoTimestamp"/> for none.</param>
    /// <returns>How many records were taken, from the first one.</returns>
    int Write(ReadOnlySpan<T> values, ReadOnlySpan<long> timestamps);

    /// <summary>
    /// Ends the epoch at a barrier: what was written so far belongs to the checkpoint, what is written from now on to the next one. Must not block: the work is in the
    /// function that is returned, which the host runs on its I/O pool, while the writer goes on. Functions of successive epochs run one after the other.
    /// </summary>
    /// <param name="checkpointId">The checkpoint.</param>
    /// <returns>
    /// Makes the epoch durable and returns what a committer needs to make it visible (nothing for a sink without a second phase). If it throws the attempt fails. A list that is
    /// <see cref="IDisposable"/> is disposed, on the I/O pool, when it has been committed and no snapshot that holds it is being written any more, so that its memory can be used again; when the attempt
    /// ends or a checkpoint is given up before that, it may never be.
    /// </returns>
    Func<IReadOnlyList<byte[]>> EndEpoch(long checkpointId);
}
