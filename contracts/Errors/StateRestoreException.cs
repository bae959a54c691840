namespace OrleansStream;

/// <summary>A snapshot cannot be restored into this job; the message names operator, state and member, and the nearest match.</summary>
public sealed class StateRestoreException : StreamException
{
    /// <summary>Creates the exception.</summary>
    /// <param name="message">What is wrong, where, and the remedy.</param>
    /// <param name="inner">The cause, if another exception was.</param>
    public StateRestoreException(string message, Exception? inner = null) : base(message, inner)
    {
    }

    /// <inheritdoc/>
    public override FaultOrigin Origin => FaultOrigin.Configuration;
}
