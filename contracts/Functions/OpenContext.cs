using OrleansStream.State;

namespace OrleansStream;

/// <summary>What a function learns and declares when it is opened. Valid during the call only.</summary>
public abstract class OpenContext
{
    /// <summary>Declares state. A keyed handle exists only in functions after <c>KeyBy</c>.</summary>
    public abstract IStateStore State { get; }

    /// <summary>The services of the host.</summary>
    public abstract IServiceProvider Services { get; }

    /// <summary>The arguments of the job.</summary>
    public abstract JobArguments Arguments { get; }

    /// <summary>The name of the operator.</summary>
    public abstract string OperatorName { get; }

    /// <summary>The number of this subtask, from 0.</summary>
    public abstract int Subtask { get; }

    /// <summary>How many subtasks the operator has.</summary>
    public abstract int Parallelism { get; }

    /// <summary>The attempt: 1 for the first start of a job, one more after each restart.</summary>
    public abstract int Attempt { get; }
}
