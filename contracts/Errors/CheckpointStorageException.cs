namespace OrleansStream;

/// <summary>The checkpoint store failed: full, unreachable, or a file in it is torn or foreign; the message names the file.</summary>
public sealed class CheckpointStorageException : StreamException
{
    /// <summary>Creates the exception.</summary>
    /// <param name="message">What is wrong, where, and the remedy.</param>
    /// <param name="inner">The cause, if another exception was.</param>
    public CheckpointStorageException(string message, Exception? inner = null) : base(message, inner)
    {
    }

    /// <inheritdoc/>
    public override FaultOrigin Origin => FaultOrigin.ExternalSystem;

    /// <inheritdoc/>
    public override bool CanRetry => true;
}
