namespace OrleansStream;

/// <summary>Reads the splits of one subtask. Every call comes on the subtask's thread.</summary>
/// <typeparam name="T">The type of the records.</typeparam>
public interface ISourceReader<T> : IDisposable
{
    /// <summary>Gives the reader a split.</summary>
    /// <param name="handle">How <see cref="Poll"/> names the split; small, from 0, never reused by the reader.</param>
    /// <param name="split">The split and the position from which to go on.</param>
    void AddSplit(int handle, SourceSplit split);

    /// <summary>
    /// Emits records of one split, at most until the output is full. Must not block: with nothing to read it returns <see cref="PollResult.Nothing"/> and calls
    /// <see cref="SourceContext.Wake"/> when there is something.
    /// </summary>
    /// <param name="output">Takes the records of the split that the result names.</param>
    /// <returns>Of which split the emitted records are, and whether it has ended.</returns>
    PollResult Poll(SourceOutput<T> output);

    /// <summary>The position behind the last emitted record of a split, for the checkpoint.</summary>
    /// <param name="handle">The split.</param>
    ReadOnlyMemory<byte> Position(int handle);

    /// <summary>The position of a split in words, for people who ask how the reader stands: <c>offset 42</c>. Changes nothing.</summary>
    /// <param name="handle">The split.</param>
    /// <returns>The words; null if the reader has none.</returns>
    string? Describe(int handle) => null;

    /// <summary>The place of a record of the last <see cref="Poll"/>, for a message about it: file and line, topic and offset.</summary>
    /// <param name="index">The record, counted from 0 in the order in which the poll emitted them.</param>
    /// <returns>The place; null if the reader does not know.</returns>
    string? PlaceOf(int index) => null;

    /// <summary>How many records of its splits the reader knows to exist and has not read yet, for the metric; null if it does not know. Asked after each <see cref="Poll"/>, so it must be cheap.</summary>
    long? Lag => null;

    /// <summary>
    /// Asks to emit no records of a split for now, since it is ahead of others in event time (see <see cref="WatermarkStrategy{T}.WithAlignment"/>), or to go on with it. Never asked of a reader with one
    /// split, which is not polled then. A reader that cannot leave one out ignores it: then the subtask waits only when all its splits are ahead.
    /// </summary>
    /// <param name="handle">The split.</param>
    /// <param name="hold">Whether to leave it out.</param>
    void Hold(int handle, bool hold)
    {
    }

    /// <summary>Called when a checkpoint that holds earlier positions of this reader has completed. For what only informs, such as committing offsets for monitoring.</summary>
    /// <param name="checkpointId">The checkpoint.</param>
    void CheckpointCompleted(long checkpointId)
    {
    }
}
