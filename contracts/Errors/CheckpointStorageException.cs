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

    private CheckpointStorageException(string message, Exception? inner, bool canRetry) : base(message, inner) => CanRetry = canRetry;

    /// <inheritdoc/>
    public override FaultOrigin Origin => FaultOrigin.ExternalSystem;

    /// <summary>Whether it may go well next time: not if a file is torn, foreign or of another format, for that it will stay.</summary>
    public override bool CanRetry { get; } = true;

    /// <summary>A file is torn, foreign or of another format. Reading it again gives the same, so the job ends instead of restarting for ever.</summary>
    /// <param name="message">Which file, what is wrong with it, and the remedy.</param>
    /// <param name="inner">The cause, if another exception was.</param>
    public static CheckpointStorageException Damaged(string message, Exception? inner = null) => new(message, inner, canRetry: false);
}
