namespace OrleansStream;

/// <summary>A check inside OrleansStream failed. The attempt is failed and the job restarts from its checkpoint.</summary>
public sealed class InvariantViolatedException : StreamException
{
    /// <summary>Creates the exception.</summary>
    /// <param name="message">What is wrong, where, and the remedy.</param>
    /// <param name="inner">The cause, if another exception was.</param>
    public InvariantViolatedException(string message, Exception? inner = null) : base(message, inner)
    {
    }

    /// <inheritdoc/>
    public override FaultOrigin Origin => FaultOrigin.Framework;

    /// <inheritdoc/>
    public override bool CanRetry => true;
}
