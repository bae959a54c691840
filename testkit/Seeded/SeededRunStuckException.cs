namespace OrleansStream.TestKit;

/// <summary>A seeded run does not go on; the message says where everything stands.</summary>
public sealed class SeededRunStuckException : Exception
{
    /// <summary>Creates the exception.</summary>
    /// <param name="message">Where everything stands.</param>
    public SeededRunStuckException(string message) : base(message)
    {
    }
}
