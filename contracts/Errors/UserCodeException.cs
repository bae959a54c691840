namespace OrleansStream;

/// <summary>A function, key selector, source or sink of the job's author threw.</summary>
public sealed class UserCodeException : StreamException
{
    /// <summary>Creates the exception.</summary>
    /// <param name="operatorName">The operator.</param>
    /// <param name="subtask">The subtask, from 0.</param>
    /// <param name="detail">What was being done, with the key or timestamp if there is one.</param>
    /// <param name="inner">What was thrown.</param>
    public UserCodeException(string operatorName, int subtask, string detail, Exception inner)
        : base($"Operator '{operatorName}' (subtask {subtask}) failed {detail}: {inner.GetType().Name}: {inner.Message}", inner)
    {
        OperatorName = operatorName;
        Subtask = subtask;
    }

    /// <summary>The operator.</summary>
    public string OperatorName { get; }

    /// <summary>The subtask, from 0.</summary>
    public int Subtask { get; }

    /// <inheritdoc/>
    public override FaultOrigin Origin => InnerException is StreamException inner ? inner.Origin : FaultOrigin.UserCode;

    /// <inheritdoc/>
    public override bool CanRetry => InnerException is not StreamException inner || inner.CanRetry;
}
