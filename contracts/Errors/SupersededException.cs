namespace OrleansStream;

/// <summary>Another process has taken over the job: its attempt in the job log is newer. This process commits nothing more.</summary>
public sealed class SupersededException : StreamException
{
    /// <summary>Creates the exception.</summary>
    /// <param name="message">What is wrong, where, and the remedy.</param>
    /// <param name="inner">The cause, if another exception was.</param>
    public SupersededException(string message, Exception? inner = null) : base(message, inner)
    {
    }

    /// <inheritdoc/>
    public override FaultOrigin Origin => FaultOrigin.Configuration;
}
