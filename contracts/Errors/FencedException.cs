namespace OrleansStream;

/// <summary>
/// The system outside refuses a sink because a newer one has taken over its identity there. Either another process runs the job, and this one must not go on; or the system gave up a sink that was
/// silent for too long. Who is right is in the job log: the attempt fails, and the next one asks it.
/// </summary>
public sealed class FencedException : StreamException
{
    /// <summary>Creates the exception.</summary>
    /// <param name="message">What is wrong, where, and the remedy.</param>
    /// <param name="inner">The cause, if another exception was.</param>
    public FencedException(string message, Exception? inner = null) : base(message, inner)
    {
    }

    /// <inheritdoc/>
    public override FaultOrigin Origin => FaultOrigin.ExternalSystem;

    /// <inheritdoc/>
    public override bool CanRetry => true;
}
