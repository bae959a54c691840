namespace OrleansStream;

/// <summary>A type has no serializer, or bytes cannot be read as the type that they are read as.</summary>
public sealed class SerializationException : StreamException
{
    /// <summary>Creates the exception.</summary>
    /// <param name="message">What is wrong, where, and the remedy.</param>
    /// <param name="inner">The cause, if another exception was.</param>
    public SerializationException(string message, Exception? inner = null) : base(message, inner)
    {
    }

    /// <inheritdoc/>
    public override FaultOrigin Origin => FaultOrigin.UserCode;
}
