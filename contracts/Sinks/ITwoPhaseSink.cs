namespace OrleansStream;

/// <summary>
/// A sink whose output becomes visible only with a completed checkpoint: exactly once. An epoch is what is written between two barriers; its
/// committables are stored in the checkpoint and committed, in order of checkpoints, after the checkpoint has completed.
/// </summary>
/// <typeparam name="T">The type of the records.</typeparam>
public interface ITwoPhaseSink<T> : ISink<T>
{
    /// <summary>Creates the committer of a subtask; called once per attempt and subtask, on the host's I/O pool, and may block.</summary>
    /// <param name="context">The place of the committer.</param>
    ISinkCommitter CreateCommitter(SinkContext context);
}
