namespace OrleansStream;

/// <summary>A job's graph cannot be built: a missing key, an ambiguous uid, an operation without what it needs.</summary>
public sealed class JobDefinitionException : StreamException
{
    /// <summary>Creates the exception.</summary>
    /// <param name="message">What is wrong, where, and the remedy.</param>
    /// <param name="inner">The cause, if another exception was.</param>
    public JobDefinitionException(string message, Exception? inner = null) : base(message, inner)
    {
    }

    /// <inheritdoc/>
    public override FaultOrigin Origin => FaultOrigin.UserCode;
}
