namespace OrleansStream;

/// <summary>Whose fault an error is, and so who has to act on it.</summary>
public enum FaultOrigin
{
    /// <summary>A function, job definition or type of the job's author.</summary>
    UserCode,

    /// <summary>An option, argument or file that the operator of the job gave.</summary>
    Configuration,

    /// <summary>A system outside the process: a disk, a broker, a store.</summary>
    ExternalSystem,

    /// <summary>OrleansStream itself: a broken invariant. Please report it.</summary>
    Framework,
}

/// <summary>
/// The base of every exception that OrleansStream throws on purpose. The message names what is wrong (operator, option, file, line,
/// key, value) and what to do about it.
/// </summary>
public abstract class StreamException : Exception
{
    /// <summary>Creates the exception.</summary>
    /// <param name="message">What is wrong, where, and the remedy.</param>
    /// <param name="inner">The cause, if another exception was.</param>
    protected StreamException(string message, Exception? inner = null) : base(message, inner)
    {
    }

    /// <summary>Whose fault it is.</summary>
    public abstract FaultOrigin Origin { get; }

    /// <summary>Whether the same action may succeed when it is tried again without a change.</summary>
    public virtual bool CanRetry => false;
}
