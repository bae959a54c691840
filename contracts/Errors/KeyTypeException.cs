namespace OrleansStream;

/// <summary>A type that cannot be a key: without stable equality, or a null key in a record.</summary>
public sealed class KeyTypeException : StreamException
{
    /// <summary>Creates the exception.</summary>
    /// <param name="message">What is wrong, where, and the remedy.</param>
    /// <param name="inner">The cause, if another exception was.</param>
    public KeyTypeException(string message, Exception? inner = null) : base(message, inner)
    {
    }

    /// <inheritdoc/>
    public override FaultOrigin Origin => FaultOrigin.UserCode;
}
