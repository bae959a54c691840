namespace OrleansStream;

/// <summary>A source or sink cannot go on because of the system outside: a file that is gone, a full disk, a foreign file where ours should be.</summary>
public sealed class ConnectorException : StreamException
{
    private readonly bool _canRetry;

    /// <summary>Creates the exception.</summary>
    /// <param name="message">What is wrong, where, and the remedy.</param>
    /// <param name="inner">The cause, if another exception was.</param>
    /// <param name="canRetry">Whether a restart may help without anybody doing something.</param>
    public ConnectorException(string message, Exception? inner = null, bool canRetry = false) : base(message, inner)
    {
        _canRetry = canRetry;
    }

    /// <inheritdoc/>
    public override FaultOrigin Origin => FaultOrigin.ExternalSystem;

    /// <inheritdoc/>
    public override bool CanRetry => _canRetry;
}
