namespace OrleansStream;

/// <summary>One or more options are wrong; the message lists all of them, each with its value and the rule.</summary>
public sealed class OptionsException : StreamException
{
    /// <summary>Creates the exception.</summary>
    /// <param name="message">What is wrong, where, and the remedy.</param>
    /// <param name="inner">The cause, if another exception was.</param>
    public OptionsException(string message, Exception? inner = null) : base(message, inner)
    {
    }

    /// <inheritdoc/>
    public override FaultOrigin Origin => FaultOrigin.Configuration;
}
