namespace OrleansStream;

/// <summary>
/// A dataflow, written in C#. A job is this type, its assembly and its arguments; nothing of it is serialized but records and state.
/// </summary>
public interface IStreamJob
{
    /// <summary>
    /// Builds the graph. Called once for every deployed subtask and once by the job master, on a background thread of the host, so that function
    /// objects and captured variables belong to one subtask. It must be cheap, free of I/O and depend on nothing but
    /// <see cref="StreamEnvironment.Arguments"/>: every call has to build the same graph, which is checked by the plan hash.
    /// </summary>
    /// <param name="env">Where the streams of the job begin.</param>
    void Define(StreamEnvironment env);
}
