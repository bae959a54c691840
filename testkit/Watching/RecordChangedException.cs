namespace OrleansStream.TestKit;

/// <summary>A record was changed after it had been emitted; the message names it and the operators.</summary>
public sealed class RecordChangedException : StreamException
{
    /// <summary>Creates the exception.</summary>
    /// <param name="message">Which record, and where.</param>
    public RecordChangedException(string message) : base(message)
    {
    }

    /// <inheritdoc/>
    public override FaultOrigin Origin => FaultOrigin.UserCode;
}
