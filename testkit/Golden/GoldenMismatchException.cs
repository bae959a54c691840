namespace OrleansStream.TestKit;

/// <summary>A golden job committed something else than expected, or failed.</summary>
public sealed class GoldenMismatchException : Exception
{
    /// <summary>Creates the exception.</summary>
    /// <param name="message">Which run, and the difference.</param>
    /// <param name="inner">What failed the run; null if it ended with another output.</param>
    public GoldenMismatchException(string message, Exception? inner = null) : base(message, inner)
    {
    }
}
