namespace OrleansStream;

/// <summary>Where records go. One sink object belongs to one subtask.</summary>
/// <typeparam name="T">The type of the records.</typeparam>
public interface ISink<T>
{
    /// <summary>What kind of sink it is and where it writes, for names and messages: <c>JSON lines out</c>.</summary>
    string Description { get; }

    /// <summary>Creates the writer of a subtask; called once per attempt and subtask, on the host's I/O pool, and may block.</summary>
    /// <param name="context">The place of the writer.</param>
    ISinkWriter<T> CreateWriter(SinkContext context);
}
