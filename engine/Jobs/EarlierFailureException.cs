namespace OrleansStream.Engine.Jobs;

/// <summary>What a job failed of, told by the log to a master that takes over: the one that saw it is gone.</summary>
public sealed class EarlierFailureException : Exception
{
    // The log is no place for the contents of a record that somebody put into a message.
    private const int MostCharacters = 4000;

    /// <summary>Creates the exception.</summary>
    /// <param name="message">The type and the message of the failure, as <see cref="Describe"/> gave it.</param>
    public EarlierFailureException(string message) : base(message)
    {
    }

    /// <summary>The type and the message of a failure, for people; long ones are cut.</summary>
    /// <param name="error">The failure; null for none.</param>
    public static string? Describe(Exception? error)
    {
        string? text = error switch
        {
            null => null,
            EarlierFailureException => error.Message,
            _ => $"{error.GetType().Name}: {error.Message}",
        };
        return text?.Length > MostCharacters ? $"{text.AsSpan(0, MostCharacters)}…" : text;
    }
}
