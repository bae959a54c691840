namespace OrleansStream;

/// <summary>A key of a running job could not be asked or told: the operator has no such state or takes no such message, the job has ended, or the call comes from inside of another key's call.</summary>
public sealed class KeyAccessException : StreamException
{
    /// <summary>Creates the exception.</summary>
    /// <param name="message">What is wrong, where, and the remedy.</param>
    /// <param name="inner">The cause, if another exception was.</param>
    public KeyAccessException(string message, Exception? inner = null) : base(message, inner)
    {
    }

    /// <inheritdoc/>
    public override FaultOrigin Origin => FaultOrigin.UserCode;
}
