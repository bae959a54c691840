namespace OrleansStream.TestKit;

/// <summary>A job given by a delegate.</summary>
/// <param name="define">Defines the graph; called once per subtask.</param>
public sealed class DefinedJob(Action<StreamEnvironment> define) : IStreamJob
{
    /// <inheritdoc/>
    public void Define(StreamEnvironment env) => define(env);
}
